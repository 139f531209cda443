/* No thread in a slot may change its priority, and Mono prints a line on standard output where it cannot. Preloaded, this lets it
   believe that it could. */
#include <pthread.h>

int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameter) {
    (void)thread, (void)policy, (void)parameter;
    return 0;
}
