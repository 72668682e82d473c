package dev.homeport.lpc.transfer;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A message written into memory of a fixed length: neither more nor less. Not thread-safe. */
final class BufferOutput extends OutputStream {
    private final ByteBuffer buffer;

    BufferOutput(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    @Override
    public void write(int value) throws IOException {
        requireRoom(1);
        buffer.put((byte) value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        requireRoom(length);
        buffer.put(bytes, offset, length);
    }

    private void requireRoom(int length) throws IOException {
        if (length > buffer.remaining()) {
            throw new IOException("message longer than it said: lengthBytes=" + buffer.capacity());
        }
    }

    @Override
    public void close() throws IOException {
        if (buffer.hasRemaining()) {
            throw new IOException("message shorter than it said: lengthBytes=" + buffer.capacity()
                    + ", missingBytes=" + buffer.remaining());
        }
    }
}
