package dev.homeport.route.serve;

import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.carry.ServedCarrier;
import dev.homeport.carry.ServedCarriers;
import dev.homeport.spi.PortCounters;
import io.grpc.ServerBuilder;
import io.grpc.Status;

/** Has a remote server take the streams by which its clients are called back. */
public final class RemoteCarriers {
    private RemoteCarriers() {}

    /** The streams of a server. After all its interceptors were added, as the last one is asked first. */
    public static ServedCarriers serveOn(ServerBuilder<?> remote, ServerPlan.Calls calls) {
        ServedCarriers carriers =
                new ServedCarriers(calls.limits(), carrier -> calls.age().watch(new AgingCarrier(carrier)));
        CarrierGate gate = new CarrierGate(carriers);
        remote.addService(carriers.service());
        remote.intercept(gate);
        Dispatch dispatch = calls.dispatch();
        // Without an executor of the program gRPC's own has a thread for everybody.
        if (dispatch.executor() != null || dispatch.callExecutor() != null) {
            remote.callExecutor(gate.executors(dispatch.callExecutor()));
        }
        return carriers;
    }

    /** Too old or idle, it is named by no more calls: else it would keep a connection of TCP that is to go. */
    private record AgingCarrier(ServedCarrier carrier) implements ConnectionAge.Aging {
        private Connection connection() {
            return carrier.connection();
        }

        @Override
        public long framesSeen() {
            PortCounters counters = connection().port().counters();
            return counters.framesRead() + counters.framesSent();
        }

        @Override
        public void shutdown() {
            carrier.retire();
        }

        @Override
        public void shutdownNow(Status status) {
            connection().shutdownNow(status);
        }

        @Override
        public void whenEnded(Runnable task) {
            connection().whenEnded(task);
        }
    }
}
