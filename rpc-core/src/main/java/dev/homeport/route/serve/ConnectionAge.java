package dev.homeport.route.serve;

import dev.homeport.route.RouteThreads;
import io.grpc.Status;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Ends connections that are too old or idle for too long, as gRPC's server options ask; in good order
 * first, at once after the grace. {@link Long#MAX_VALUE} means never. Immutable.
 *
 * @param idleNanos without a frame either way
 * @param ageNanos since it was accepted; varied by a tenth so that a crowd does not come back at once
 * @param graceNanos for the open calls of one that is too old
 */
public record ConnectionAge(long idleNanos, long ageNanos, long graceNanos) {
    public static final long NEVER = Long.MAX_VALUE;
    public static final ConnectionAge UNLIMITED = new ConnectionAge(NEVER, NEVER, NEVER);

    /** A connection as its age sees it. */
    public interface Aging {
        boolean isEnded();

        void shutdown();

        void shutdownNow(Status status);
    }

    /** @param frames read and sent so far */
    void watch(Aging connection, LongSupplier frames) {
        if (ageNanos != NEVER) {
            double factor = ThreadLocalRandom.current().nextDouble(0.9, 1.1);
            RouteThreads.after((long) (ageNanos * factor), () -> endAged(connection));
        }
        if (idleNanos != NEVER) {
            watchIdle(connection, frames, frames.getAsLong());
        }
    }

    private void endAged(Aging connection) {
        connection.shutdown();
        if (graceNanos != NEVER) {
            Status status = Status.UNAVAILABLE.withDescription("the connection is too old");
            RouteThreads.after(graceNanos, () -> {
                if (!connection.isEnded()) {
                    connection.shutdownNow(status);
                }
            });
        }
    }

    private void watchIdle(Aging connection, LongSupplier frames, long framesBefore) {
        RouteThreads.after(idleNanos, () -> {
            long now = frames.getAsLong();
            if (connection.isEnded()) {
                return;
            }
            if (now == framesBefore) {
                connection.shutdown();
            } else {
                watchIdle(connection, frames, now);
            }
        });
    }
}
