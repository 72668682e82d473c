package dev.homeport.testkit.generic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import dev.homeport.HomeportChannelBuilder;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.RoutePolicy;
import dev.homeport.generic.GenericStub;
import dev.homeport.generic.Schema;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.reflection.v1.FileDescriptorResponse;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the generic stub makes of wrong input and of servers that say wrong things of themselves, on both routes. */
@Timeout(30)
@Tag("lpc")
@ParameterizedClass
@EnumSource(value = RoutePolicy.class, names = {"LOCAL", "REMOTE"})
class BadInputTest {
    private static final String UNARY = "homeport.testkit.Echo/Unary";
    private static final FileDescriptorProto ECHO = EchoRequest.getDescriptor().getFile().toProto();

    private final RoutePolicy route;
    private final ConcurrentLinkedQueue<EchoRequest> served = new ConcurrentLinkedQueue<>();
    private Server server;
    private ManagedChannel channel;

    BadInputTest(RoutePolicy route) {
        this.route = route;
    }

    private GenericStub serve(BindableService... more) throws IOException {
        HomeportServerBuilder builder = HomeportServerBuilder.forPort(0).addService(new EchoService() {
            @Override
            public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
                served.add(request);
                super.unary(request, reply);
            }
        });
        List.of(more).forEach(builder::addService);
        server = builder.build().start();
        channel = HomeportChannelBuilder.forAddress("localhost", server.getPort())
                .usePlaintext()
                .policy(route)
                .build();
        return GenericStub.byReflection(channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (server != null) {
            channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
            server.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static Status statusOf(Runnable call) {
        Throwable thrown = Assertions.catchThrowable(call::run);
        assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
        return ((StatusRuntimeException) thrown).getStatus();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"sequence\": | malformed",
        "{\"nope\": 1} | unknown field nope in homeport.testkit.EchoRequest",
        "{\"outcome\": {\"kode\": 1}} | unknown field outcome.kode in homeport.testkit.Outcome",
        "{\"sequence\": \"x\"} | field sequence (uint64)",
        "{\"sequence\": -1} | field sequence (uint64)",
        "{\"payload\": \"***\"} | field payload (bytes)",
        "[] | must be an object"
    })
    void jsonThatDoesNotFitIsNamedAndNotSent(String json, String named) throws IOException {
        GenericStub stub = serve(ProtoReflectionServiceV1.newInstance());

        Status status = statusOf(() -> stub.json().unary(UNARY, json));

        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains(named);
        assertThat(served).isEmpty();
        assertThat(stub.json().unary(UNARY, "{\"sequence\": 5}")).as("the stub goes on").contains("\"5\"");
    }

    @Test
    void jsonTooDeepOrTooLargeIsNotSent() throws IOException {
        GenericStub stub = serve(ProtoReflectionServiceV1.newInstance());

        assertThat(statusOf(() -> stub.json().unary(UNARY, "{\"outcome\":".repeat(101))).getDescription())
                .contains("too deep");
        String large = "{\"payload\": \"" + "A".repeat(4 << 20) + "\"}";
        assertThat(statusOf(() -> stub.json().unary(UNARY, large)).getDescription()).contains("too large");
        assertThat(served).isEmpty();
    }

    @Test
    void unknownNamesAreNamedWithWhatThereIs() throws IOException {
        GenericStub stub = serve(ProtoReflectionServiceV1.newInstance());

        Status method = statusOf(() -> stub.json().unary("homeport.testkit.Echo/Unarry", "{}"));
        assertThat(method.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(method.getDescription()).contains("homeport.testkit.Echo/Unarry").contains("Unary, Upload");
        Status service = statusOf(() -> stub.json().unary("homeport.testkit.Ecko/Unary", "{}"));
        assertThat(service.getDescription()).contains("homeport.testkit.Ecko;").contains("homeport.testkit.Echo");
    }

    @Test
    void methodThatOnlyTheSchemaHasIsTheServersToRefuse() throws IOException {
        serve();
        GenericStub stub = GenericStub.of(channel, Schema.of(EchoRequest.getDescriptor().getFile()));

        assertThat(statusOf(() -> stub.json().unary("homeport.testkit.Absent/Missing", "{}")).getCode())
                .isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    @Test
    void serverWithoutReflectionIsSaidToHaveNone() throws IOException {
        GenericStub stub = serve();

        Status status = statusOf(() -> stub.json().unary(UNARY, "{}"));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(status.getDescription()).contains("no reflection").contains("descriptor set");
        assertThat(statusOf(() -> stub.schema().services()).getDescription()).contains("no reflection");
    }

    @Test
    void descriptorSetThatLacksAnImportSaysWhich() {
        FileDescriptorSet set = FileDescriptorSet.newBuilder()
                .addFile(ECHO.toBuilder().addDependency("not/there.proto"))
                .build();

        assertThatThrownBy(() -> Schema.of(set))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("file not/there.proto is missing, imported by homeport/testkit/echo.proto");
    }

    /** Reflection that answers what a test says. */
    private static BindableService reflection(Function<ServerReflectionRequest, List<ByteString>> files) {
        return new ServerReflectionGrpc.ServerReflectionImplBase() {
            @Override
            public StreamObserver<ServerReflectionRequest> serverReflectionInfo(
                    StreamObserver<ServerReflectionResponse> answers) {
                return new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionRequest question) {
                        answers.onNext(ServerReflectionResponse.newBuilder()
                                .setFileDescriptorResponse(FileDescriptorResponse.newBuilder()
                                        .addAllFileDescriptorProto(files.apply(question)))
                                .build());
                    }

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {
                        answers.onCompleted();
                    }
                };
            }
        };
    }

    private void assertOfNoUse(String why, Function<ServerReflectionRequest, List<ByteString>> files)
            throws IOException {
        GenericStub stub = serve(reflection(files));

        Status status = statusOf(() -> stub.json().unary(UNARY, "{}"));

        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription()).contains("is of no use").contains(why);
        assertThat(served).isEmpty();
    }

    @Test
    void reflectionOfGarbageIsOfNoUse() throws IOException {
        assertOfNoUse("not a file", question -> List.of(ByteString.copyFrom(new byte[] {-1, -1, -1})));
    }

    @Test
    void reflectionOfAnotherFileIsOfNoUse() throws IOException {
        FileDescriptorProto other = FileDescriptorProto.newBuilder().setName("other.proto").build();
        assertOfNoUse("do not describe it", question -> List.of(other.toByteString()));
    }

    @Test
    void reflectionThatNeverSendsAnImportIsOfNoUse() throws IOException {
        ByteString lacking = ECHO.toBuilder().addDependency("not/there.proto").build().toByteString();
        assertOfNoUse("another file for not/there.proto", question -> List.of(lacking));
    }

    @Test
    void reflectionOfEndlessImportsIsOfNoUse() throws IOException {
        assertOfNoUse("too much of it", question -> {
            String name = question.getFileByFilename().isEmpty() ? "0" : question.getFileByFilename();
            return List.of(FileDescriptorProto.newBuilder()
                    .setName(name)
                    .addDependency(Integer.toString(Integer.parseInt(name) + 1))
                    .build()
                    .toByteString());
        });
    }

    @Test
    void reflectionThatNeverAnswersEndsWithTheDeadline() throws Exception {
        GenericStub stub = serve(new ServerReflectionGrpc.ServerReflectionImplBase() {
            @Override
            public StreamObserver<ServerReflectionRequest> serverReflectionInfo(
                    StreamObserver<ServerReflectionResponse> answers) {
                return new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionRequest question) {}

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {}
                };
            }
        });
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
                Context.CancellableContext soon =
                        Context.current().withDeadlineAfter(200, TimeUnit.MILLISECONDS, timer)) {
            Status status = soon.call(() -> statusOf(() -> stub.json().unary(UNARY, "{}")));

            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }
    }
}
