package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that are not protobuf: marshallers that give and take plain streams, in every way that is allowed. */
public abstract class MarshallerConformance extends Conformance {
    private static final String SERVICE = "homeport.testkit.Text";
    private static final String BROKEN = "broken";

    /** Text as UTF-8. */
    private static class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Gives three bytes at most at a time, and does not say how many there are. */
    private static final class Trickling extends Text {
        @Override
        public InputStream stream(String value) {
            return new FilterInputStream(super.stream(value)) {
                @Override
                public int read(byte[] target, int offset, int length) throws IOException {
                    return super.read(target, offset, Math.min(3, length));
                }

                @Override
                public int available() {
                    return 0;
                }
            };
        }
    }

    /** Fails on one text in one direction. */
    private static final class Failing extends Text {
        private final boolean writing;

        Failing(boolean writing) {
            this.writing = writing;
        }

        @Override
        public InputStream stream(String value) {
            if (writing && value.equals(BROKEN)) {
                throw new IllegalStateException("cannot be written");
            }
            return super.stream(value);
        }

        @Override
        public String parse(InputStream stream) {
            String value = super.parse(stream);
            if (!writing && value.equals(BROKEN)) {
                throw new IllegalStateException("cannot be read");
            }
            return value;
        }
    }

    private static MethodDescriptor<String, String> method(
            MethodDescriptor.Marshaller<String> request, MethodDescriptor.Marshaller<String> reply) {
        return MethodDescriptor.<String, String>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Echo"))
                .setRequestMarshaller(request)
                .setResponseMarshaller(reply)
                .build();
    }

    private void serveText(MethodDescriptor<String, String> method) {
        serve(ServerServiceDefinition.builder(SERVICE)
                .addMethod(
                        method,
                        ServerCalls.asyncUnaryCall((request, reply) -> {
                            reply.onNext(request);
                            reply.onCompleted();
                        }))
                .build());
    }

    private String call(MethodDescriptor<String, String> method, String request) {
        return ClientCalls.blockingUnaryCall(channel(), method, CallOptions.DEFAULT, request);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 200, 300, 5_000, 70_000, 1_000_000})
    void plainStreamsOfAnySizeArrive(int characters) {
        MethodDescriptor<String, String> method = method(new Text(), new Text());
        serveText(method);

        String text = "ü".repeat(characters / 2);

        assertThat(call(method, text)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 200, 300, 5_000, 70_000})
    void streamsThatTrickleAndDoNotKnowTheirLengthArrive(int characters) {
        MethodDescriptor<String, String> method = method(new Trickling(), new Trickling());
        serveText(method);

        String text = "x".repeat(characters);

        assertThat(call(method, text)).isEqualTo(text);
    }

    @Test
    void requestThatCannotBeWrittenFailsTheCallAlone() {
        MethodDescriptor<String, String> method = method(new Failing(true), new Text());
        serveText(method);
        assertThat(call(method, "fine")).isEqualTo("fine");

        assertThat(codeOf(() -> call(method, BROKEN))).isEqualTo(Status.Code.CANCELLED);

        assertThat(call(method, "fine again")).isEqualTo("fine again");
    }

    @Test
    void replyThatCannotBeReadFailsTheCallAlone() {
        MethodDescriptor<String, String> method = method(new Text(), new Failing(false));
        serveText(method(new Text(), new Text()));

        assertThat(codeOf(() -> call(method, BROKEN))).isEqualTo(Status.Code.CANCELLED);

        assertThat(call(method, "fine again")).isEqualTo("fine again");
    }

    @Test
    void requestThatCannotBeReadFailsTheCallAlone() {
        serveText(method(new Failing(false), new Text()));
        MethodDescriptor<String, String> method = method(new Text(), new Text());

        assertThat(codeOf(() -> call(method, BROKEN))).isIn(Status.Code.UNKNOWN, Status.Code.INTERNAL);

        assertThat(call(method, "fine again")).isEqualTo("fine again");
    }

    @Test
    void replyThatCannotBeWrittenFailsTheCallAlone() {
        serveText(method(new Text(), new Failing(true)));
        MethodDescriptor<String, String> method = method(new Text(), new Text());

        assertThat(codeOf(() -> call(method, BROKEN)))
                .isIn(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.CANCELLED);

        assertThat(call(method, "fine again")).isEqualTo("fine again");
    }

    @Test
    void requestStreamIsClosedOnceItIsSent() {
        AtomicInteger open = new AtomicInteger();
        MethodDescriptor.Marshaller<String> counting = new Text() {
            @Override
            public InputStream stream(String value) {
                open.incrementAndGet();
                return new FilterInputStream(super.stream(value)) {
                    @Override
                    public void close() {
                        open.decrementAndGet();
                    }
                };
            }
        };
        MethodDescriptor<String, String> method = method(counting, new Text());
        serveText(method(new Text(), new Text()));

        assertThat(call(method, "short")).isEqualTo("short");
        assertThat(call(method, "x".repeat(100_000))).hasSize(100_000);

        Wait.until("every stream is closed", () -> open.get() == 0);
    }

    @Test
    void marshallerThatReadsOnlyPartDoesNotDisturbTheNextMessage() {
        MethodDescriptor.Marshaller<String> lazy = new Text() {
            @Override
            public String parse(InputStream stream) {
                try {
                    return String.valueOf((char) stream.read());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        serveText(method(new Text(), new Text()));
        MethodDescriptor<String, String> method = method(new Text(), lazy);

        assertThat(call(method, "abc" + "x".repeat(50_000))).isEqualTo("a");
        assertThat(call(method, "def")).isEqualTo("d");
    }

    @Test
    void rawCallWithoutAStubWorks() {
        MethodDescriptor<String, String> method = method(new Text(), new Text());
        serveText(method);
        CallRecorder<String> recorder = new CallRecorder<>();
        ClientCall<String, String> call = channel().newCall(method, CallOptions.DEFAULT);

        call.start(recorder, new Metadata());
        call.request(1);
        call.sendMessage("raw");
        call.halfClose();

        assertThat(recorder.awaitMessage()).isEqualTo("raw");
        assertThat(recorder.awaitStatus().isOk()).isTrue();
    }
}
