package example.blog;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;

/** Why a program was not run, in words for its reader: of bad input what is wrong with which field. */
record Refusal(String refused, List<Violation> violations, @JsonIgnore int httpStatus) {
    record Violation(String field, String description) {}

    static Refusal of(StatusRuntimeException error) {
        Code code = error.getStatus().getCode();
        return switch (code) {
            case INVALID_ARGUMENT -> new Refusal("This cannot be run.", violationsIn(error), 400);
            case FAILED_PRECONDITION -> new Refusal("Nothing runs this language just now.", List.of(), 400);
            case RESOURCE_EXHAUSTED -> new Refusal("Many programs run just now. Please wait a moment.", List.of(), 429);
            case UNAVAILABLE, DEADLINE_EXCEEDED -> new Refusal("Programs cannot be run just now.", List.of(), 503);
            default -> new Refusal("Something broke on the server.", List.of(), 502);
        };
    }

    private static List<Violation> violationsIn(StatusRuntimeException error) {
        List<Violation> found = new ArrayList<>();
        Status status = StatusProto.fromThrowable(error);
        for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
            if (!detail.is(BadRequest.class)) {
                continue;
            }
            try {
                detail.unpack(BadRequest.class).getFieldViolationsList()
                        .forEach(one -> found.add(new Violation(one.getField(), one.getDescription())));
            } catch (InvalidProtocolBufferException strange) {
                continue; // the code alone says enough
            }
        }
        return found;
    }
}
