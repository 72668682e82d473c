package dev.homeport.call;

import dev.homeport.spi.EndCause;
import dev.homeport.spi.OutBody;
import org.jspecify.annotations.Nullable;

/**
 * A reply that keeps its place in its call while the client is asked for memory to write its message to. Nobody waits for
 * the answer.
 *
 * @param outbound of the call
 * @param method of the call, for the log
 * @param place behind which the call's later frames wait
 */
record HeldReply(
        Connection connection, CallOutbound outbound, String method, OutFrame place, ReplyParts reply, Object message,
        int messageLength) {

    void ask() {
        // The answer comes to a thread that reads; writing the message may take it too long.
        connection.port().ask(messageLength, body -> CommonExecutor.INSTANCE.execute(() -> send(body)));
    }

    /** @param body what the client lends, or null if it lends nothing */
    private void send(@Nullable OutBody body) {
        Object placed = message;
        try {
            if (!place.isDropped()) {
                placed = Payload.put(message, messageLength, body);
                placed = Payload.place(connection.port(), placed, messageLength);
            } else if (body != null) {
                body.discard();
                return;
            }
            byte[] frame = new byte[reply.lengthWith(placed, messageLength)];
            reply.write(frame, placed, messageLength);
            Payload.countSent(connection, placed, messageLength, frame.length <= connection.maxFrameBytes());
            outbound.fill(place, frame, reply.endsCall(), Payload.body(placed));
        } catch (RuntimeException | Error e) {
            Payload.discard(placed);
            outbound.abandon();
            fail(e);
        }
    }

    /** A reply could not be written, for want of memory most likely: the caller is not left waiting for it. */
    private void fail(Throwable thrown) {
        connection.logHandlerFailure(method, thrown);
        connection.port().close(new EndCause(EndCause.Kind.FAILURE, "a reply could not be written: " + thrown, thrown));
    }
}
