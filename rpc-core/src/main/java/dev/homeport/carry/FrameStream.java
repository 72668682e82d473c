package dev.homeport.carry;

import dev.homeport.idl.v1.Carried;

/** One side of the stream of gRPC that carries frames. The port calls it, one thread at a time. */
interface FrameStream {
    /** Whether gRPC would send now rather than keep. Any thread. */
    boolean isReady();

    void send(Carried message);

    /** Asks gRPC for one more message. Any thread. */
    void request();

    /** Ends in good order, behind what was sent. */
    void finish();

    /** Ends at once. */
    void abort(String reason);
}
