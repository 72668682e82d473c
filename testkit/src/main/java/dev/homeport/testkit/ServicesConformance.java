package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Test;

/** The services that gRPC brings along: health and reflection. */
public abstract class ServicesConformance extends Conformance {
    private static HealthCheckRequest about(String service) {
        return HealthCheckRequest.newBuilder().setService(service).build();
    }

    @Test
    void healthTellsTheStateOfAService() {
        HealthStatusManager health = new HealthStatusManager();
        serve(health.getHealthService());
        HealthGrpc.HealthBlockingStub stub = HealthGrpc.newBlockingStub(channel());

        assertThat(stub.check(about("")).getStatus()).isEqualTo(ServingStatus.SERVING);
        health.setStatus("orders", ServingStatus.NOT_SERVING);
        assertThat(stub.check(about("orders")).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        assertThat(codeOf(() -> stub.check(about("nobody")))).isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    void healthTellsEachChangeToAWatcher() {
        HealthStatusManager health = new HealthStatusManager();
        health.setStatus("orders", ServingStatus.SERVING);
        serve(health.getHealthService());
        StreamRecorder<HealthCheckRequest, HealthCheckResponse> recorder = new StreamRecorder<>();

        HealthGrpc.newStub(channel()).watch(about("orders"), recorder);

        assertThat(recorder.awaitValue().getStatus()).isEqualTo(ServingStatus.SERVING);
        health.setStatus("orders", ServingStatus.NOT_SERVING);
        assertThat(recorder.awaitValue().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
        health.enterTerminalState();
    }

    private ServerReflectionResponse ask(ServerReflectionRequest request) {
        StreamRecorder<ServerReflectionRequest, ServerReflectionResponse> recorder = new StreamRecorder<>();
        StreamObserver<ServerReflectionRequest> requests =
                ServerReflectionGrpc.newStub(channel()).serverReflectionInfo(recorder);
        requests.onNext(request);
        ServerReflectionResponse response = recorder.awaitValue();
        requests.onCompleted();
        assertThat(recorder.awaitEnd().isOk()).isTrue();
        return response;
    }

    @Test
    void reflectionListsTheServicesOfTheServer() {
        serve(ProtoReflectionServiceV1.newInstance().bindService(), EchoService.definition());

        ServerReflectionResponse response =
                ask(ServerReflectionRequest.newBuilder().setListServices("").build());

        assertThat(response.getListServicesResponse().getServiceList())
                .extracting(ServiceResponse::getName)
                .contains(EchoGrpc.SERVICE_NAME, ServerReflectionGrpc.SERVICE_NAME);
    }

    @Test
    void reflectionGivesTheFileOfASymbol() {
        serve(ProtoReflectionServiceV1.newInstance().bindService(), EchoService.definition());

        ServerReflectionResponse response = ask(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol(EchoGrpc.SERVICE_NAME)
                .build());

        assertThat(response.getFileDescriptorResponse().getFileDescriptorProtoList())
                .anySatisfy(file -> assertThat(file.toStringUtf8()).contains("homeport/testkit/echo.proto"));
    }
}
