package dev.homeport.call;

import dev.homeport.spi.InBody;
import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import java.io.InputStream;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.InvalidMarkException;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A large message as a marshaller reads it, straight from the peer's section. A marshaller may look at the
 * buffer itself, and may detach the stream to keep the message after {@code parse} returns; it then owes a
 * {@code close}. One that is never closed is found when it is collected, and named in the log.
 *
 * <p>The peer may write the memory meanwhile: what is read twice may differ.
 */
final class BodyStream extends InputStream implements KnownLength, HasByteBuffer, Detachable {
    private static final Logger LOG = Logger.getLogger(BodyStream.class.getName());
    private static final Cleaner CLEANER = Cleaner.create();

    private final String owner;
    private @Nullable InBody body;
    private final ByteBuffer buffer;

    /** @param owner named in the log if the stream is detached and never closed */
    BodyStream(InBody body, String owner) {
        this.body = body;
        this.owner = owner;
        this.buffer = Objects.requireNonNull(body.buffer(), "a body in memory of this process");
    }

    @Override
    public int available() {
        return buffer.remaining();
    }

    @Override
    public int read() {
        return buffer.hasRemaining() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        int count = Math.min(length, buffer.remaining());
        if (count == 0) {
            return -1;
        }
        buffer.get(into, offset, count);
        return count;
    }

    @Override
    public long skip(long count) {
        int skipped = (int) Math.max(0, Math.min(count, buffer.remaining()));
        buffer.position(buffer.position() + skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    @Override
    public void mark(int readLimit) {
        buffer.mark();
    }

    @Override
    public void reset() {
        try {
            buffer.reset();
        } catch (InvalidMarkException e) {
            buffer.position(0);
        }
    }

    @Override
    public boolean byteBufferSupported() {
        return true;
    }

    @Override
    public @Nullable ByteBuffer getByteBuffer() {
        return buffer.hasRemaining() ? buffer.slice().asReadOnlyBuffer() : null;
    }

    @Override
    public InputStream detach() {
        InBody kept = body;
        if (kept == null) {
            throw new IllegalStateException("already closed or detached");
        }
        body = null;
        BodyStream detached = new BodyStream(kept, owner);
        detached.buffer.position(buffer.position());
        String name = owner;
        CLEANER.register(detached, new Leak(kept, name));
        return detached;
    }

    @Override
    public void close() {
        InBody open = body;
        body = null;
        if (open != null) {
            open.release();
        }
    }

    /** Runs when a detached stream is collected; does nothing if it was closed. */
    private record Leak(InBody body, String owner) implements Runnable {
        @Override
        public void run() {
            if (!body.isReleased()) {
                LOG.log(Level.WARNING, "a detached message was never closed: marshaller={0}, bytes={1}",
                        new Object[] {owner, body.lengthBytes()});
                body.release();
            }
        }
    }
}
