package dev.homeport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.Route;
import dev.homeport.testkit.proto.EchoGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That census is at work in the suite that runs with it, on the local route. */
@Timeout(30)
@Tag("lpc")
class CensusTransportTest {
    @Test
    void spanOfTheCallerTravelsWithALocalCall() throws IOException {
        BlockingQueue<Metadata> headers = new LinkedBlockingQueue<>();
        BlockingQueue<Route> routes = new LinkedBlockingQueue<>();
        try (CensusTransport transport = new CensusTransport()) {
            transport.start(
                    builder -> builder.intercept(new ServerInterceptor() {
                        @Override
                        public <Q, R> ServerCall.Listener<Q> interceptCall(
                                ServerCall<Q, R> call, Metadata received, ServerCallHandler<Q, R> next) {
                            headers.add(received);
                            routes.add(call.getAttributes().get(Route.ATTRIBUTE));
                            return next.startCall(call, received);
                        }
                    }),
                    EchoService.definition());
            EchoGrpc.newBlockingStub(transport.channel(builder -> {})).unary(Payload.request(1, 1));
        }

        assertThat(Wait.take(headers).keys()).contains("grpc-trace-bin");
        assertThat(Wait.take(routes).isLocal()).isTrue();
    }
}
