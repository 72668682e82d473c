package dev.homeport.lpc.transfer;

import io.grpc.KnownLength;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A message read from memory of this process. Not thread-safe. */
final class BufferInput extends InputStream implements KnownLength {
    private final ByteBuffer buffer;

    BufferInput(ByteBuffer buffer) {
        this.buffer = buffer;
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
        int count = Math.min(length, buffer.remaining());
        if (count == 0) {
            return length == 0 ? 0 : -1;
        }
        buffer.get(into, offset, count);
        return count;
    }
}
