// Has Node.js tell where its program is when its time is up: a module without a function of its own, which bootstrap.js
// and cold.js load (docs/adr/0019-where-it-was.md).
//
// At a signal that nobody uses, V8 is asked to interrupt the JavaScript that runs, which it does at the next call or the
// end of a loop's round, and then writes the stack to descriptor 2; the process ends with that. What runs no JavaScript
// is not interrupted.
#include <signal.h>
#include <unistd.h>

#include <sstream>
#include <string>

#include <v8.h>

static v8::Isolate *main_isolate;

static void dump(v8::Isolate *isolate, void *) {
    std::ostringstream stack;
    v8::Message::PrintCurrentStackTrace(isolate, stack);
    const std::string text = "Stack dump:\n" + stack.str() + "\n";
    for (size_t at = 0; at < text.size();) {
        ssize_t written = write(STDERR_FILENO, text.data() + at, text.size() - at);
        if (written <= 0) break;
        at += static_cast<size_t>(written);
    }
    kill(getpid(), SIGKILL);
}

// Takes a lock of V8's, and memory: a handler must not. But nothing that goes wrong from here on is noticed, since the
// agent ends the process in any case.
static void ask(int) {
    v8::Isolate *running = v8::Isolate::TryGetCurrent(); // of the thread that got the signal: a worker's, perhaps
    (running ? running : main_isolate)->RequestInterrupt(dump, nullptr);
}

extern "C" __attribute__((visibility("default"))) void *napi_register_module_v1(void *, void *exports) {
    main_isolate = v8::Isolate::GetCurrent();
    struct sigaction action = {};
    action.sa_handler = ask;
    action.sa_flags = SA_RESTART;
    sigaction(SIGRTMAX, &action, nullptr);
    return exports;
}
