package coderunner;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The resident compiler: a javac that takes requests on stdin and answers on stdout, one at a time, as
 * docs/agent-protocol.md says.
 *
 * <p>Each compilation runs in a thread with a deep stack. One that overflows even that, or the heap, or that crashes javac
 * in another way, ends this process: nobody knows what it left behind, and another is started.
 */
final class CompileServer {
    private static final long STACK_BYTES = 16L << 20;
    private static final int CRASHED_EXIT_CODE = 3;

    private final DataInputStream requests = new DataInputStream(new FileInputStream(FileDescriptor.in));
    private final DataOutputStream answers = new DataOutputStream(new FileOutputStream(FileDescriptor.out));

    public static void main(String[] args) throws Exception {
        System.setOut(System.err);
        new CompileServer().serve();
    }

    private void serve() throws IOException, InterruptedException {
        WarmUp.run(requests);
        while (true) {
            List<String> request;
            try {
                request = readList();
            } catch (EOFException closed) {
                return;
            }
            answer(compile(Path.of(request.get(0)), request.subList(1, request.size())));
        }
    }

    private static Compilation.Result compile(Path directory, List<String> command) throws InterruptedException {
        var result = new Compilation.Result[1];
        var thread = new Thread(null, () -> result[0] = Compilation.run(directory, command), "javac", STACK_BYTES);
        thread.setUncaughtExceptionHandler((failed, error) -> Runtime.getRuntime().halt(CRASHED_EXIT_CODE));
        thread.start();
        thread.join();
        return result[0];
    }

    private List<String> readList() throws IOException {
        var count = requests.readInt();
        var list = new ArrayList<String>(count);
        for (var i = 0; i < count; i++) {
            list.add(new String(requests.readNBytes(requests.readInt()), StandardCharsets.UTF_8));
        }
        return list;
    }

    private void answer(Compilation.Result result) throws IOException {
        var diagnostics = result.diagnostics().getBytes(StandardCharsets.UTF_8);
        var message = java.nio.ByteBuffer.allocate(8 + diagnostics.length);
        message.putInt(result.exitCode()).putInt(diagnostics.length).put(diagnostics);
        answers.write(message.array());
        answers.flush();
    }
}
