package example.blog;

import coderunner.v1.ExecutionOuterClass.Execution;
import coderunner.v1.ExecutionOuterClass.File;
import coderunner.v1.ExecutionOuterClass.OutputChunk;
import coderunner.v1.ExecutionOuterClass.SubmitAndWatchRequest;
import coderunner.v1.ExecutionOuterClass.Task;
import coderunner.v1.ExecutionOuterClass.WatchResponse;
import coderunner.v1.ExecutionServiceGrpc.ExecutionServiceBlockingStub;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

/** Runs a reader's program and sends what it prints as it prints it: one JSON object per line, the last one its end. */
@RestController
class RunController {
    private static final MediaType LINES = MediaType.parseMediaType("application/x-ndjson");
    private static final int MAX_CHARS = 64 * 1024;
    private static final long PATIENCE_S = 90;
    private final ExecutionServiceBlockingStub executions;
    private final ObjectMapper json;

    RunController(ExecutionServiceBlockingStub executions, ObjectMapper json) {
        this.executions = executions;
        this.json = json;
    }

    record Program(String language, String code, String stdin) {}

    @PostMapping("/run")
    ResponseEntity<StreamingResponseBody> run(@RequestBody Program program) throws Exception {
        if (program.code() != null && program.code().length() > MAX_CHARS) {
            return ResponseEntity.status(413).build();
        }
        Context.CancellableContext call = Context.current().withCancellation();
        SubmitAndWatchRequest request = SubmitAndWatchRequest.newBuilder().setTask(taskOf(program)).build();
        Iterator<WatchResponse> events = call.call(
                () -> executions.withDeadlineAfter(PATIENCE_S, TimeUnit.SECONDS).submitAndWatch(request));
        try {
            events.hasNext(); // a refusal is thrown here, where the answer can still have its status
        } catch (StatusRuntimeException refused) {
            call.cancel(null);
            throw refused;
        }
        return ResponseEntity.ok().contentType(LINES).body(out -> tell(events, out, call));
    }

    @ExceptionHandler
    ResponseEntity<Refusal> refused(StatusRuntimeException error) {
        Refusal refusal = Refusal.of(error);
        return ResponseEntity.status(refusal.httpStatus()).body(refusal);
    }

    /** A reader who leaves ends the call, and with it the writing; his program ends by its limits. */
    private void tell(Iterator<WatchResponse> events, OutputStream out, Context.CancellableContext call)
            throws IOException {
        try {
            while (events.hasNext()) {
                WatchResponse event = events.next();
                if (event.hasOutput()) {
                    OutputChunk piece = event.getOutput();
                    line(out, Map.of("stream", piece.getStream().name().toLowerCase(), "text", piece.getText()));
                } else if (event.hasExecution() && isFinal(event.getExecution())) {
                    Execution end = event.getExecution();
                    line(out, Map.of("status", end.getStatus().name(), "exit_code", end.getRun().getExitCode(),
                            "error", end.getError()));
                }
            }
        } catch (StatusRuntimeException lost) {
            line(out, Refusal.of(lost));
        } finally {
            call.cancel(null);
        }
    }

    private void line(OutputStream out, Object said) throws IOException {
        out.write((json.writeValueAsString(said) + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static Task taskOf(Program program) {
        return Task.newBuilder()
                .setLanguage(orEmpty(program.language()))
                .addFiles(File.newBuilder().setContent(orEmpty(program.code())))
                .setStdin(orEmpty(program.stdin()))
                .putLabels("page", "playground")
                .build();
    }

    private static boolean isFinal(Execution execution) {
        return execution.getStatus() != Execution.Status.QUEUED && execution.getStatus() != Execution.Status.RUNNING;
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }
}
