/* The Java launcher: runs a compiled program as `java` does: `launch [--enable-preview] [--packages=FOLDER] MAIN ARGS...`, or,
 * started before there is a program, `launch --wait`: the JVM is up, says so on descriptor 4, and takes command and environment
 * from descriptor 3 (the lists of docs/agent-protocol.md: count | (length | bytes)*, 32 bits each, big endian).
 *
 * It is C because `java` is: main is called with no Java frame below it, an uncaught exception takes the JVM's own way
 * out, and the environment can still be changed as long as no Java code has asked for it. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <jni.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LIBJVM "/usr/lib/jvm/default/lib/server/libjvm.so"
#define SUPPORT "/opt/coderunner/java/support.jar"
#define PREVIEW "--enable-preview"
#define PACKAGES "--packages=" /* a folder with jars, and their names in the order of the class path (class-path) */
#define ARCHIVE "/opt/coderunner/java/launch.jsa"
#define LIBRARIES "/opt/coderunner/java/lib" /* jars that every program finds, by name; an image may have none */

enum { CONTROL_FD = 3, READY_FD = 4, LM_CLASS = 1, AGENT_TIMEOUT_NS = 100 * 1000 * 1000 };
enum { MAIN_WITHOUT_ARGUMENTS = 1, MAIN_OF_AN_INSTANCE = 2 }; /* LauncherHelper.getMainType */

typedef struct {
    int count;
    char **items;
} List;

static char class_path[8192] = "-Djava.class.path=" SUPPORT ":.";

static char *options[] = {
    class_path,
    "-XX:SharedArchiveFile=" ARCHIVE,
    "-Xshare:auto",
    "-Xlog:disable",
    "-Xlog:all=warning:stderr",
    "-XX:+UseSerialGC",
    "-XX:MaxRAMPercentage=70",
    "-XX:-UsePerfData",
    "-Dsun.java.launcher=SUN_STANDARD",
    NULL, /* room for PREVIEW, and for what tells MainClass of it */
    NULL,
    NULL,
};

/* Environment variables that the JVM would read: a JVM that waits must not depend on them. */
static const char *const jvm_variables[] = {"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"};

static int waits;
static List command;
static const char *packages; /* their folder; NULL: none */
static int libraries;        /* how many the image has */

static void fail(const char *message) {
    fprintf(stderr, "launch: %s\n", message);
    exit(1);
}

/* The container's memory limit, as the kernel spells it; empty where the kernel does not say. */
static void read_memory_limit(char *limit, size_t size) {
    static const char *const files[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    limit[0] = '\0';
    for (size_t i = 0; i < sizeof files / sizeof *files && !limit[0]; i++) {
        FILE *file = fopen(files[i], "re");
        if (file && !fgets(limit, (int)size, file)) limit[0] = '\0';
        if (file) fclose(file);
    }
}

static int is_jar(const struct dirent *entry) {
    const char *ending = strrchr(entry->d_name, '.');
    return ending && !strcmp(ending, ".jar");
}

/* Puts the image's libraries on the class path of the JVM's start, unless packages come before them (add_packages). */
static void add_libraries(void) {
    struct dirent **jars;
    int count = scandir(LIBRARIES, &jars, is_jar, alphasort);
    if (count > 0) libraries = count;
    for (int i = 0; i < count; i++) {
        size_t used = strlen(class_path);
        int added = snprintf(class_path + used, sizeof class_path - used, ":%s/%s", LIBRARIES, jars[i]->d_name);
        if (added < 0 || (size_t)added >= sizeof class_path - used) fail("too many libraries");
        free(jars[i]);
    }
    if (count >= 0) free(jars);
}

static void read_exactly(void *buffer, size_t size) {
    for (char *at = buffer; size > 0;) {
        ssize_t got = read(CONTROL_FD, at, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) _exit(0); /* the slot closes: there will be no program */
        at += got;
        size -= (size_t)got;
    }
}

static uint32_t read_number(void) {
    uint32_t number;
    read_exactly(&number, sizeof number);
    return ntohl(number);
}

static List read_list(void) {
    List list = {(int)read_number(), NULL};
    list.items = calloc((size_t)list.count + 1, sizeof *list.items);
    if (!list.items) fail("out of memory");
    for (int i = 0; i < list.count; i++) {
        uint32_t size = read_number();
        list.items[i] = malloc((size_t)size + 1);
        if (!list.items[i]) fail("out of memory");
        read_exactly(list.items[i], size);
        list.items[i][size] = '\0';
    }
    return list;
}

static int begins(const char *option) {
    return command.count > 0 && !strncmp(command.items[0], option, strlen(option));
}

/* The largest heap, whether there are preview features, and what comes first on the class path is settled when a JVM starts.
 * If the task has another amount of memory than there was then, wants those, or has packages where the image has libraries,
 * this process starts again: same process id, same standard streams, the right JVM. */
static void start_again_if_it_must(const char *memory_before) {
    char memory_now[64];
    read_memory_limit(memory_now, sizeof memory_now);
    int other = begins(PREVIEW) || (libraries && begins(PACKAGES));
    if (!other && !strcmp(memory_before, memory_now)) return;
    for (int fd = CONTROL_FD; fd < 256; fd++) close(fd);
    execv("/proc/self/exe", command.items - 1);
    _exit(1);
}

/* Takes the JVM's own option off the command. */
static void take_preview(void) {
    if (!begins(PREVIEW)) return;
    options[sizeof options / sizeof *options - 3] = PREVIEW;
    options[sizeof options / sizeof *options - 2] = "-Dcoderunner.preview=true";
    command.items++;
    command.count--;
}

static void take_packages(void) {
    if (!begins(PACKAGES)) return;
    packages = command.items[0] + sizeof PACKAGES - 1;
    command.items++;
    command.count--;
}

/* An exit handler, called once the JVM has been destroyed or the program has called System.exit: sends the exit code to
 * the agent's abstract socket, so that the agent need not wait until the kernel has taken this process's memory apart
 * (docs/adr/0007-the-end-before-the-memory-is-gone.md, node/agent/last_words.py). Then sleeps until the agent kills the
 * process, so that its processor time is accounted for. */
static void tell_agent(int status, void *unused) {
    (void)unused;
    fflush(NULL);
    static const char agent[] = "\0coderunner-agent"; /* an abstract socket's address */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, agent, sizeof agent - 1);
    unsigned char message[] = {'E', (unsigned char)status};
    close(STDIN_FILENO); /* its place is the socket's: no descriptor is counted that the program did not open */
    int agent_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t sent = sendto(agent_socket, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&address,
                          offsetof(struct sockaddr_un, sun_path) + sizeof agent - 1);
    if (sent == sizeof message) nanosleep(&(struct timespec){.tv_nsec = AGENT_TIMEOUT_NS}, NULL);
}

/* Tells the agent that the JVM is up, and takes the program's command and environment from it. */
static void wait_for_program(void) {
    char memory_limit[64];
    read_memory_limit(memory_limit, sizeof memory_limit);
    if (write(READY_FD, "1", 1) != 1) _exit(0);
    close(READY_FD);
    command = read_list();
    List environment = read_list();
    close(CONTROL_FD);
    for (int i = 0; i < environment.count; i++) putenv(environment.items[i]);
    command.items++; /* the first is this program */
    command.count--;
    start_again_if_it_must(memory_limit);
    on_exit(tell_agent, NULL);
}

static JNIEnv *create_jvm(JavaVM **vm, void *library) {
    JavaVMOption list[sizeof options / sizeof *options];
    JavaVMInitArgs arguments = {JNI_VERSION_10, 0, list, JNI_FALSE};
    for (char **option = options; *option; option++) list[arguments.nOptions++].optionString = *option;
    jint (*create)(JavaVM **, void **, void *) = (jint(*)(JavaVM **, void **, void *))dlsym(library, "JNI_CreateJavaVM");
    JNIEnv *env;
    if (!create || create(vm, (void **)&env, &arguments) != JNI_OK) fail("the JVM does not start");
    return env;
}

static jstring java_string(JNIEnv *env, const char *bytes) {
    jsize size = (jsize)strlen(bytes);
    jbyteArray array = (*env)->NewByteArray(env, size);
    (*env)->SetByteArrayRegion(env, array, 0, size, (const jbyte *)bytes);
    jclass type = (*env)->FindClass(env, "java/lang/String");
    jmethodID constructor = (*env)->GetMethodID(env, type, "<init>", "([BLjava/lang/String;)V");
    return (*env)->NewObject(env, type, constructor, array, (*env)->NewStringUTF(env, "UTF-8"));
}

static jobjectArray java_strings(JNIEnv *env, char **items, int count) {
    jobjectArray array = (*env)->NewObjectArray(env, count, (*env)->FindClass(env, "java/lang/String"), NULL);
    for (int i = 0; i < count; i++) (*env)->SetObjectArrayElement(env, array, i, java_string(env, items[i]));
    return array;
}

/* Calls a static method of one argument that returns an object; ends the process if it throws. */
static jobject call(JNIEnv *env, const char *class, const char *method, const char *signature, jobject argument) {
    jclass type = (*env)->FindClass(env, class);
    jmethodID id = type ? (*env)->GetStaticMethodID(env, type, method, signature) : NULL;
    jobject result = id ? (*env)->CallStaticObjectMethod(env, type, id, argument) : NULL;
    if ((*env)->ExceptionCheck(env)) {
        (*env)->ExceptionDescribe(env);
        exit(1);
    }
    return result;
}

/* Puts the jars of packages, and behind them the image's libraries, at the end of the class path, by the method through which
 * the JVM does so for agents (JVM TI, AddToSystemClassLoaderSearch): from then on they are as if `java` had been started with
 * them. */
static void add_packages(JNIEnv *env) {
    jobjectArray jars = call(env, "coderunner/Packages", "add", "(Ljava/lang/String;)[Ljava/lang/String;", java_string(env, packages));
    jclass loader_class = (*env)->FindClass(env, "java/lang/ClassLoader");
    jmethodID system = (*env)->GetStaticMethodID(env, loader_class, "getSystemClassLoader", "()Ljava/lang/ClassLoader;");
    jobject loader = (*env)->CallStaticObjectMethod(env, loader_class, system);
    jmethodID append = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, loader), "appendToClassPathForInstrumentation",
                                           "(Ljava/lang/String;)V");
    for (jsize i = 0; append && i < (*env)->GetArrayLength(env, jars); i++) {
        jobject jar = (*env)->GetObjectArrayElement(env, jars, i);
        (*env)->CallVoidMethod(env, loader, append, jar);
        (*env)->DeleteLocalRef(env, jar);
    }
    if (!append || (*env)->ExceptionCheck(env)) fail("packages cannot be added to the class path");
}

/* The class whose main is to run. The JVM's own helper loads and checks it, in the words of `java`. */
static jclass load_main_class(JNIEnv *env) {
    jobject name = call(env, "coderunner/MainClass", "find", "([Ljava/lang/String;)Ljava/lang/String;",
                        java_strings(env, command.items, command.count));
    jclass helper = (*env)->FindClass(env, "sun/launcher/LauncherHelper");
    jmethodID load = (*env)->GetStaticMethodID(env, helper, "checkAndLoadMain", "(ZILjava/lang/String;)Ljava/lang/Class;");
    return (*env)->CallStaticObjectMethod(env, helper, load, JNI_TRUE, LM_CLASS, name);
}

/* Calls main in the form that the JVM's helper has found: with preview features it may be an instance's, or take nothing.
 * False where it cannot be called, or threw. */
static int call_main(JNIEnv *env, jclass main_class) {
    jclass helper = (*env)->FindClass(env, "sun/launcher/LauncherHelper");
    jint type = (*env)->CallStaticIntMethod(env, helper, (*env)->GetStaticMethodID(env, helper, "getMainType", "()I"));
    const char *signature = type & MAIN_WITHOUT_ARGUMENTS ? "()V" : "([Ljava/lang/String;)V";
    jvalue argument = {.l = NULL};
    if (!(type & MAIN_WITHOUT_ARGUMENTS)) argument.l = java_strings(env, command.items + 1, command.count - 1);
    if (!(type & MAIN_OF_AN_INSTANCE)) {
        jmethodID main_method = (*env)->GetStaticMethodID(env, main_class, "main", signature);
        if (main_method) (*env)->CallStaticVoidMethodA(env, main_class, main_method, &argument);
    } else {
        jmethodID constructor = (*env)->GetMethodID(env, main_class, "<init>", "()V");
        jobject instance = constructor ? (*env)->NewObject(env, main_class, constructor) : NULL;
        jmethodID main_method = instance ? (*env)->GetMethodID(env, main_class, "main", signature) : NULL;
        if (main_method) (*env)->CallVoidMethodA(env, instance, main_method, &argument);
    }
    return !(*env)->ExceptionCheck(env);
}

/* The main thread, which ends as that of `java` ends: an exception that main threw goes to the uncaught exception handler
 * when the thread is detached; then the JVM waits for the program's other threads. */
static void *run(void *library) {
    JavaVM *vm;
    JNIEnv *env = create_jvm(&vm, library);
    call(env, "coderunner/MainClass", "prepare", "(Ljava/lang/String;)Ljava/lang/String;", NULL);
    if (waits) {
        wait_for_program();
        take_packages();
    }
    if (command.count < 1) fail("usage: launch --wait | launch [--packages=FOLDER] MAIN ARGS...");
    if (packages) add_packages(env);

    long code = 1;
    jclass main_class = load_main_class(env);
    if (main_class) code = call_main(env, main_class) ? 0 : 1;
    if ((*vm)->DetachCurrentThread(vm) != JNI_OK) code = 1;
    (*vm)->DestroyJavaVM(vm);
    return (void *)code;
}

/* The stack that `java` gives the main thread: the JVM's default for Java threads. */
static size_t default_stack(void *library) {
    struct {
        jint version;
        char **properties;
        jint check_source;
        jint native_stack_size;
        jint java_stack_size;
        char reserved[128];
    } arguments = {.version = 0x00010001};
    jint (*defaults)(void *) = (jint(*)(void *))dlsym(library, "JNI_GetDefaultJavaVMInitArgs");
    if (defaults) defaults(&arguments);
    return arguments.java_stack_size > 0 ? (size_t)arguments.java_stack_size : (size_t)1 << 20;
}

/* Takes memory from the kernel for the JVM's own needs, its two compilers above all: when a compiler first wants memory, and
 * how long it keeps it, is a matter of chance, and would be 2 MiB of difference between two runs of one program. One arena, so
 * that all threads find it. */
static void take_memory_ahead(void) {
    enum { SIZE = 6 << 20, PAGE = 4 << 10, PART = 64 << 10 }; /* a part is below what malloc gives back by itself (M_MMAP_THRESHOLD) */
    static volatile char *parts[SIZE / PART];
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 8 * SIZE);
    for (size_t i = 0; i < SIZE / PART; i++) {
        parts[i] = malloc(PART);
        for (size_t at = 0; parts[i] && at < PART; at += PAGE) parts[i][at] = 1;
    }
    for (size_t i = 0; i < SIZE / PART; i++) free((void *)parts[i]);
}

int main(int argc, char **argv) {
    static char archive_option[4096];
    command = (List){argc - 1, argv + 1};
    if (argc > 2 && !strcmp(argv[1], "--dump")) { /* image build: write the class archive when the program has ended */
        snprintf(archive_option, sizeof archive_option, "-XX:ArchiveClassesAtExit=%s", argv[2]);
        options[1] = archive_option;
        command = (List){argc - 3, argv + 3};
    } else if (argc == 2 && !strcmp(argv[1], "--wait")) {
        waits = 1;
    } else {
        take_preview();
        take_packages();
    }
    for (size_t i = 0; i < sizeof jvm_variables / sizeof *jvm_variables; i++) unsetenv(jvm_variables[i]);

    if (!packages) add_libraries();
    take_memory_ahead();
    void *library = dlopen(LIBJVM, RTLD_NOW | RTLD_GLOBAL);
    if (!library) fail(dlerror());
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, default_stack(library));
    pthread_t thread;
    void *code;
    if (pthread_create(&thread, &attributes, run, library)) fail("no thread for main");
    pthread_join(thread, &code);
    return (int)(long)code;
}
