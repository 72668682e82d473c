package dev.homeport.lpc.port;

import com.google.protobuf.MessageLite;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import java.io.IOException;
import java.util.Arrays;

/**
 * One message of set-up as it comes in over a stream socket: a length of 32 bits, little-endian, that many bytes,
 * and the descriptors beside them. One thread at a time. Owns the descriptors until they are taken.
 */
final class Envelope implements AutoCloseable {
    /** Longest message of set-up, in bytes; a real one has some hundred. */
    static final int MAX_BODY_BYTES = 64 * 1024;

    /** Bytes of the length. */
    static final int PREFIX_BYTES = 4;

    /** Bytes taken at once. */
    static final int READ_BYTES = 4096;

    private final int maxDescriptors;
    private byte[] bytes = new byte[READ_BYTES];
    private int count;
    private int[] descriptors = {};

    /** What a read brought. */
    enum Progress {
        /** More must come. */
        INCOMPLETE,
        /** The message is there. */
        COMPLETE,
        /** The peer ended before the message did. */
        ENDED
    }

    /** @param maxDescriptors most that may come; one more is a violation */
    Envelope(int maxDescriptors) {
        this.maxDescriptors = maxDescriptors;
    }

    /**
     * Takes what is there.
     *
     * @param scratch of the reading thread
     * @throws IOException if what came is no message of set-up, or the socket fails
     */
    Progress read(int socket, ReceivedMessage scratch) throws IOException {
        while (true) {
            int received = Messages.receive(socket, scratch);
            if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
                return isComplete() ? Progress.COMPLETE : Progress.INCOMPLETE;
            }
            if (received == 0 || received == -Errno.ECONNRESET) {
                return isComplete() ? Progress.COMPLETE : Progress.ENDED;
            }
            if (received < 0) {
                throw new IOException("receiving failed: " + Errno.name(received));
            }
            add(scratch);
        }
    }

    private void add(ReceivedMessage received) throws IOException {
        boolean cut = received.isCut();
        int[] more = received.takeDescriptors();
        int old = descriptors.length;
        descriptors = Arrays.copyOf(descriptors, old + more.length);
        System.arraycopy(more, 0, descriptors, old, more.length);
        if (cut) {
            throw new IOException("descriptors were lost on the way: arrived=" + more.length);
        }
        if (descriptors.length > maxDescriptors) {
            throw new IOException(
                    "too many descriptors: descriptors=" + descriptors.length + ", max=" + maxDescriptors);
        }
        append(received);
    }

    private void append(ReceivedMessage received) throws IOException {
        int needed = count + received.lengthBytes();
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
        }
        received.copyTo(bytes, count);
        count = needed;
        if (count < PREFIX_BYTES) {
            return;
        }
        int bodyBytes = bodyBytes();
        if (bodyBytes < 0 || bodyBytes > MAX_BODY_BYTES) {
            throw new IOException("set-up message too long: lengthBytes=" + Integer.toUnsignedLong(bodyBytes)
                    + ", maxBytes=" + MAX_BODY_BYTES);
        }
        if (count > PREFIX_BYTES + bodyBytes) {
            throw new IOException("bytes behind the set-up message: lengthBytes=" + bodyBytes + ", extraBytes="
                    + (count - PREFIX_BYTES - bodyBytes));
        }
    }

    private int bodyBytes() {
        return bytes[0] & 0xff | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff) << 16 | bytes[3] << 24;
    }

    private boolean isComplete() {
        return count >= PREFIX_BYTES && count == PREFIX_BYTES + bodyBytes();
    }

    /** The message's bytes; only when complete. */
    byte[] body() {
        return Arrays.copyOfRange(bytes, PREFIX_BYTES, count);
    }

    int descriptorCount() {
        return descriptors.length;
    }

    /** A descriptor that came; stays owned here. */
    int descriptor(int index) {
        return descriptors[index];
    }

    /** Hands a descriptor over to the caller; the others keep their places. */
    int takeDescriptor(int index) {
        int taken = descriptors[index];
        descriptors[index] = -1;
        return taken;
    }

    /** A message as it goes over the socket. */
    static byte[] bytesOf(MessageLite message) {
        byte[] body = message.toByteArray();
        byte[] bytes = new byte[PREFIX_BYTES + body.length];
        for (int i = 0; i < PREFIX_BYTES; i++) {
            bytes[i] = (byte) (body.length >>> 8 * i);
        }
        System.arraycopy(body, 0, bytes, PREFIX_BYTES, body.length);
        return bytes;
    }

    /** Closes the descriptors nobody took. Quiet when done twice. */
    @Override
    public void close() {
        for (int descriptor : descriptors) {
            if (descriptor >= 0) {
                Descriptors.close(descriptor);
            }
        }
        descriptors = new int[0];
    }
}
