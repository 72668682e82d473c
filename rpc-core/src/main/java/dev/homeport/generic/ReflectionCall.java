package dev.homeport.generic;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.BlockingClientCall;
import java.util.concurrent.TimeUnit;

/** A conversation with a server's reflection service: question, answer, one after the other. Used by one thread. */
final class ReflectionCall implements AutoCloseable {
    /** For all questions about one service; the context's deadline may be earlier. */
    private static final long DEADLINE_SECONDS = 10;

    private final BlockingClientCall<ServerReflectionRequest, ServerReflectionResponse> call;

    ReflectionCall(Channel channel) {
        call = ServerReflectionGrpc.newBlockingV2Stub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .serverReflectionInfo();
    }

    /** @throws io.grpc.StatusRuntimeException if the server does not answer */
    ServerReflectionResponse ask(ServerReflectionRequest question) {
        try {
            call.write(question);
            ServerReflectionResponse answer = call.read();
            if (answer == null) {
                throw Status.INTERNAL.withDescription("the server's reflection ended early").asRuntimeException();
            }
            return answer;
        } catch (StatusException e) {
            throw described(e.getStatus()).asRuntimeException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED.withDescription("interrupted").withCause(e).asRuntimeException();
        }
    }

    private static Status described(Status status) {
        return status.getCode() == Status.Code.UNIMPLEMENTED
                ? status.withDescription("the server has no reflection (" + ServerReflectionGrpc.SERVICE_NAME
                        + "); give a descriptor set or generated classes instead")
                : status.augmentDescription("while asking the server's reflection");
    }

    @Override
    public void close() {
        call.cancel("no more questions", null);
    }
}
