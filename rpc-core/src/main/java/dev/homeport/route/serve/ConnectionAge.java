package dev.homeport.route.serve;

import dev.homeport.route.IdleWatch;
import dev.homeport.route.RouteThreads;
import io.grpc.Status;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ends connections that are too old or idle for too long, as gRPC's server options ask; in good order
 * first, at once after the grace. {@link #NEVER} is allowed for each. Immutable.
 *
 * @param idleNanos without a frame either way
 * @param ageNanos since it was accepted; varied by a tenth so that a crowd does not come back at once
 * @param graceNanos for the open calls of one that is too old
 */
public record ConnectionAge(long idleNanos, long ageNanos, long graceNanos) {
    public static final long NEVER = IdleWatch.NEVER;
    public static final ConnectionAge UNLIMITED = new ConnectionAge(NEVER, NEVER, NEVER);

    /** A connection as its age sees it. */
    public interface Aging {
        /** Frames read and sent so far. */
        long framesSeen();

        void shutdown();

        void shutdownNow(Status status);

        /** Runs the task when the connection has ended. */
        void whenEnded(Runnable task);
    }

    void watch(Aging connection) {
        if (ageNanos != NEVER) {
            double factor = ThreadLocalRandom.current().nextDouble(0.9, 1.1);
            Future<?> end = RouteThreads.after((long) (ageNanos * factor), () -> endAged(connection));
            connection.whenEnded(() -> end.cancel(false));
        }
        if (idleNanos != NEVER) {
            // A silent open call keeps the connection until it ends: it is shut down in good order.
            IdleWatch idle = IdleWatch.start(idleNanos, connection::framesSeen, () -> false, connection::shutdown);
            connection.whenEnded(idle::stop);
        }
    }

    private void endAged(Aging connection) {
        connection.shutdown();
        if (graceNanos != NEVER) {
            Status status = Status.UNAVAILABLE.withDescription("the connection is too old");
            Future<?> end = RouteThreads.after(graceNanos, () -> connection.shutdownNow(status));
            connection.whenEnded(() -> end.cancel(false));
        }
    }
}
