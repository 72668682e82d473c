package dev.homeport.generic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.RpcCallback;
import com.google.protobuf.RpcController;
import com.google.protobuf.ServiceException;
import dev.homeport.generic.proto.Classic;
import dev.homeport.generic.proto.Number;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Code that {@code java_generic_services} generated runs over gRPC as it is, on both sides. */
@Timeout(30)
class GenericServicesTest {
    private static final CountDownLatch CANCELLED = new CountDownLatch(1);
    private static final CountDownLatch REACHED = new CountDownLatch(1);

    private static GenericFixture serve(boolean blocking) throws IOException {
        return new GenericFixture(blocking
                ? GenericServices.of(Classic.newReflectiveBlockingService(new BlockingDoubler()))
                : GenericServices.of(new Doubler()));
    }

    private static Number number(int value) {
        return Number.newBuilder().setValue(value).build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blockingStubGetsItsReply(boolean blockingService) throws Exception {
        try (GenericFixture fixture = serve(blockingService)) {
            Classic.BlockingInterface stub = Classic.newBlockingStub(new ServiceChannel(fixture.channel));

            assertThat(stub.twice(new CallController(), number(21))).isEqualTo(number(42));
            assertThat(stub.twice(null, number(4))).isEqualTo(number(8));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void failureOfTheServiceIsTold(boolean blockingService) throws Exception {
        try (GenericFixture fixture = serve(blockingService)) {
            Classic.BlockingInterface stub = Classic.newBlockingStub(new ServiceChannel(fixture.channel));
            CallController controller = new CallController();

            ServiceException thrown =
                    catchThrowableOfType(ServiceException.class, () -> stub.fail(controller, number(1)));

            assertThat(thrown).hasMessage("no luck with 1").hasCauseInstanceOf(StatusRuntimeException.class);
            assertThat(controller.failed()).isTrue();
            assertThat(controller.errorText()).isEqualTo("no luck with 1");
            assertThat(controller.status().getCode()).isEqualTo(Status.Code.UNKNOWN);
        }
    }

    @Test
    void stubWithCallbacksHearsReplyAndFailure() throws Exception {
        try (GenericFixture fixture = serve(false)) {
            Classic stub = Classic.newStub(new ServiceChannel(fixture.channel));
            BlockingQueue<String> heard = new LinkedBlockingQueue<>();
            RpcCallback<Number> done = reply -> heard.add(String.valueOf(reply == null ? null : reply.getValue()));

            stub.twice(new CallController(), number(5), done);
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("10");
            CallController controller = new CallController();
            stub.fail(controller, number(6), done);
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("null");
            assertThat(controller.errorText()).isEqualTo("no luck with 6");
        }
    }

    @Test
    void cancellationReachesTheService() throws Exception {
        try (GenericFixture fixture = serve(false)) {
            Classic stub = Classic.newStub(new ServiceChannel(fixture.channel));
            CallController controller = new CallController();
            CompletableFuture<Status> end = new CompletableFuture<>();

            stub.twice(controller, number(Integer.MIN_VALUE), reply -> end.complete(controller.status()));
            // A call that is cancelled before it arrives never reaches the service.
            assertThat(REACHED.await(10, TimeUnit.SECONDS)).isTrue();
            controller.startCancel();

            assertThat(end.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
            assertThat(CANCELLED.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void serviceIsCalledByNameLikeAnyOther() throws Exception {
        try (GenericFixture fixture = serve(true)) {
            JsonStub stub = GenericStub.of(fixture.channel, Schema.of(Classic.getDescriptor().getFile())).json();

            assertThat(stub.unary("homeport.test.Classic/Twice", "{\"value\": 3}")).contains("6");
        }
    }

    private static final class Doubler extends Classic {
        @Override
        public void twice(RpcController controller, Number request, RpcCallback<Number> done) {
            if (request.getValue() == Integer.MIN_VALUE) {
                REACHED.countDown();
                controller.notifyOnCancel(ignored -> CANCELLED.countDown());
                return;
            }
            done.run(number(2 * request.getValue()));
        }

        @Override
        public void fail(RpcController controller, Number request, RpcCallback<Number> done) {
            controller.setFailed("no luck with " + request.getValue());
            done.run(null);
        }
    }

    private static final class BlockingDoubler implements Classic.BlockingInterface {
        @Override
        public Number twice(RpcController controller, Number request) {
            return number(2 * request.getValue());
        }

        @Override
        public Number fail(RpcController controller, Number request) throws ServiceException {
            throw new ServiceException("no luck with " + request.getValue());
        }
    }
}
