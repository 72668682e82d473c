package dev.homeport.call;

import io.grpc.Metadata;
import io.grpc.Status;

/**
 * How a call ended for its caller.
 *
 * @param discardsMessages messages not yet delivered are dropped: the end came from this side
 */
record Ending(Status status, Metadata trailers, boolean discardsMessages) {
    static Ending local(Status status) {
        return new Ending(status, new Metadata(), true);
    }
}
