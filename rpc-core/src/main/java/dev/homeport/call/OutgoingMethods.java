package dev.homeport.call;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.FrameLayout;
import dev.homeport.spi.FramePort;
import io.grpc.MethodDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Methods that this side calls on a connection: their numbers, given once by a METHOD frame each. */
final class OutgoingMethods {
    /** Descriptors remembered; a program that makes new ones for each call must not fill the heap. */
    private static final int MAX_DESCRIPTORS = 4 * FrameLayout.MAX_METHODS;

    /**
     * A method as this connection calls it.
     *
     * @param number its number, or {@link FrameLayout#METHOD_BY_NAME}
     */
    record Entry(int number, String name, MessageCodec request, MessageCodec response) {
        /** The name to send with each call; null if the number says it. */
        @Nullable String pathIfUnnumbered() {
            return number == FrameLayout.METHOD_BY_NAME ? name : null;
        }
    }

    private final FramePort port;
    /** By identity: two descriptors of one method may have different marshallers. */
    private final Map<MethodDescriptor<?, ?>, Entry> entries = new ConcurrentHashMap<>();
    /** Guarded by this. */
    private final Map<String, Integer> numbers = new HashMap<>();

    OutgoingMethods(FramePort port) {
        this.port = port;
    }

    Entry of(MethodDescriptor<?, ?> method) {
        Entry known = entries.get(method);
        return known != null ? known : add(method);
    }

    private Entry add(MethodDescriptor<?, ?> method) {
        String name = method.getFullMethodName();
        Entry entry = new Entry(
                numberOf(name),
                name,
                MessageCodec.of(method.getRequestMarshaller()),
                MessageCodec.of(method.getResponseMarshaller()));
        if (entry.number != FrameLayout.METHOD_BY_NAME && entries.size() < MAX_DESCRIPTORS) {
            entries.put(method, entry);
        }
        return entry;
    }

    /** Under the lock, so that METHOD is in the queue before anybody uses the number. */
    private synchronized int numberOf(String name) {
        Integer known = numbers.get(name);
        if (known != null) {
            return known;
        }
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int number = numbers.size();
        if (number >= FrameLayout.MAX_METHODS || bytes.length > FrameLayout.MAX_METHOD_NAME_BYTES) {
            return FrameLayout.METHOD_BY_NAME;
        }
        byte[] frame = FrameHeader.withBytes(FrameLayout.TYPE_METHOD, 0, 0, number, bytes);
        if (port.trySend(frame, 0, frame.length) != FramePort.Sent.SENT) {
            return FrameLayout.METHOD_BY_NAME;
        }
        numbers.put(name, number);
        return number;
    }
}
