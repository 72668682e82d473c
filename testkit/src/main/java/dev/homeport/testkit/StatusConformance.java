package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Header;
import dev.homeport.testkit.proto.Nothing;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How calls end: codes, descriptions, details, and exceptions of handlers. */
public abstract class StatusConformance extends Conformance {
    private static EchoRequest endingWith(Status.Code code, String description) {
        EchoRequest.Builder request = Payload.request(1, 1).toBuilder();
        request.getOutcomeBuilder().setCode(code.value()).setDescription(description);
        return request.build();
    }

    private void serveUnary(Consumer<StreamObserver<EchoReply>> handler) {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                handler.accept(reply);
            }
        });
    }

    private StatusRuntimeException failure() {
        return Assertions.catchThrowableOfType(
                StatusRuntimeException.class, () -> blocking().unary(Payload.request(1, 1)));
    }

    @ParameterizedTest
    @EnumSource(value = Status.Code.class, mode = EnumSource.Mode.EXCLUDE, names = "OK")
    void everyCodeArrives(Status.Code code) {
        serveEcho();

        Status status = statusOf(() -> blocking().unary(endingWith(code, "told so")));

        assertThat(status.getCode()).isEqualTo(code);
        assertThat(status.getDescription()).isEqualTo("told so");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "Grüße, 世界 \uD83D\uDE80",
                "two\nlines\r\nand a\ttab",
                "100 % and %41 and %",
                " spaces at both ends ",
                "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP \uD83D\uDE08\t\n",
                "quote \" backslash \\ tilde ~"
            })
    void descriptionIsKeptToTheLetter(String description) {
        serveEcho();

        Status status = statusOf(() -> blocking().unary(endingWith(Status.Code.INTERNAL, description)));

        assertThat(status.getDescription()).isEqualTo(description);
    }

    @Test
    void missingDescriptionStaysMissing() {
        serveEcho();

        Status status = statusOf(() -> blocking().unary(endingWith(Status.Code.ABORTED, "")));

        assertThat(status.getDescription()).isNull();
    }

    @Test
    void causeStaysOnItsSide() {
        serveUnary(reply -> reply.onError(Status.INTERNAL
                .withDescription("seen")
                .withCause(new IllegalStateException("secret"))
                .asRuntimeException()));

        assertThat(failure().getStatus().getCause()).isNull();
    }

    @Test
    void detailsOfGoogleRpcStatusArrive() {
        com.google.rpc.Status sent = com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.INVALID_ARGUMENT.value())
                .setMessage("two fields")
                .addDetails(Any.pack(Header.newBuilder().setName("left").build()))
                .addDetails(Any.pack(Nothing.getDefaultInstance()))
                .build();
        serveUnary(reply -> reply.onError(StatusProto.toStatusRuntimeException(sent)));

        assertThat(StatusProto.fromThrowable(failure())).isEqualTo(sent);
    }

    @Test
    void trailersOfAnErrorArriveWithIt() {
        Metadata.Key<String> key = Metadata.Key.of("reason", Metadata.ASCII_STRING_MARSHALLER);
        Metadata trailers = new Metadata();
        trailers.put(key, "because");
        serveUnary(reply -> reply.onError(Status.UNAVAILABLE.asRuntimeException(trailers)));

        StatusRuntimeException failure = failure();

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(failure.getTrailers().get(key)).isEqualTo("because");
    }

    @Test
    void exceptionOfAHandlerIsUnknownAndTellsNothing() {
        serveUnary(reply -> {
            throw new IllegalStateException("secret of the server");
        });

        Status status = failure().getStatus();

        assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
        assertThat(String.valueOf(status.getDescription())).doesNotContain("secret");
    }

    @Test
    void errorOfAHandlerIsUnknown() {
        serveUnary(reply -> {
            throw new AssertionError("thrown on purpose");
        });

        assertThat(failure().getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
    }

    @Test
    void statusThrownByAHandlerIsUnknownAsAnyException() {
        serveUnary(reply -> {
            throw Status.NOT_FOUND.withDescription("thrown, not reported").asRuntimeException();
        });

        assertThat(failure().getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
    }

    @Test
    void exceptionReportedByAHandlerIsUnknown() {
        serveUnary(reply -> reply.onError(new IllegalArgumentException("secret")));

        assertThat(failure().getStatus().getCode()).isEqualTo(Status.Code.UNKNOWN);
    }

    @Test
    void exceptionOfOneHandlerLeavesTheConnectionAlone() {
        serve(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                if (request.getSequence() % 2 == 0) {
                    throw new IllegalStateException("every second one");
                }
                super.unary(request, reply);
            }
        });

        for (int i = 0; i < 10; i += 2) {
            int even = i;
            assertThat(codeOf(() -> blocking().unary(Payload.request(1, even)))).isEqualTo(Status.Code.UNKNOWN);
            assertThat(blocking().unary(Payload.request(1, i + 1)).getSequence()).isEqualTo(i + 1);
        }
    }

    @Test
    void exceptionAfterTheReplyIsNotSeenByTheClient() {
        serveUnary(reply -> {
            reply.onNext(Payload.reply(1, 1));
            reply.onCompleted();
            throw new IllegalStateException("after the end");
        });

        assertThat(blocking().unary(Payload.request(1, 1))).isEqualTo(Payload.reply(1, 1));
    }

    @Test
    void exceptionInAStreamEndsItAfterWhatWasSent() {
        serve(new EchoService() {
            @Override
            public StreamObserver<EchoRequest> chat(StreamObserver<EchoReply> reply) {
                StreamObserver<EchoRequest> echo = super.chat(reply);
                return new StreamObserver<>() {
                    @Override
                    public void onNext(EchoRequest request) {
                        if (request.getSequence() == 2) {
                            throw new IllegalStateException("at the third");
                        }
                        echo.onNext(request);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        echo.onError(cause);
                    }

                    @Override
                    public void onCompleted() {
                        echo.onCompleted();
                    }
                };
            }
        });
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();

        StreamObserver<EchoRequest> requests = async().chat(recorder);
        requests.onNext(Payload.request(1, 0));
        requests.onNext(Payload.request(1, 1));
        assertThat(recorder.awaitValue().getSequence()).isEqualTo(0);
        assertThat(recorder.awaitValue().getSequence()).isEqualTo(1);
        requests.onNext(Payload.request(1, 2));

        assertThat(recorder.awaitEnd().getCode()).isEqualTo(Status.Code.UNKNOWN);
    }

    @Test
    void longDescriptionArrives() {
        serveEcho();
        String description = "é".repeat(800);

        Status status = statusOf(() -> blocking().unary(endingWith(Status.Code.INTERNAL, description)));

        assertThat(status.getDescription()).isEqualTo(description);
    }
}
