package dev.homeport.carry;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The carrying streams that this process serves, all and by the address of their clients, and their bounds. A stream
 * counts from its first byte, whether its client goes on or not. Any thread.
 *
 * <p>By address and not by connection of TCP, as who wants many opens as many. An honest client has one stream a
 * channel; behind a proxy all clients have its address.
 */
public final class CarrierCounts {
    /** Streams at once. Each costs a few KiB and a stream of HTTP/2. */
    public static final int DEFAULT_MAX = 16_384;
    /** Sets another bound for the process. */
    public static final String MAX_PROPERTY = "homeport.limit.carriers";

    /** Streams of one address at once. */
    public static final int DEFAULT_MAX_OF_ADDRESS = 1_024;
    /** Sets another bound for each address. */
    public static final String MAX_OF_ADDRESS_PROPERTY = "homeport.limit.carriers.address";

    /** Those of this process. */
    static final CarrierCounts OF_PROCESS = new CarrierCounts();

    private final ConcurrentMap<Object, Integer> byAddress = new ConcurrentHashMap<>();
    private final AtomicInteger all = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    CarrierCounts() {}

    /** Streams that are open now. For monitoring. */
    public static int open() {
        return OF_PROCESS.all.get();
    }

    /** Streams of clients at that address that are open now. For monitoring. */
    public static int open(InetAddress address) {
        return OF_PROCESS.byAddress.getOrDefault(address, 0);
    }

    /** Streams that were refused, ever. For monitoring. */
    public static long refused() {
        return OF_PROCESS.refused.sum();
    }

    /** What a client is counted by. */
    static Object client(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
            return inet.getAddress();
        }
        return address == null ? "unknown" : address;
    }

    /** Counts a stream, which must {@link #leave}; or tells why there may be none. */
    @Nullable String enter(Object client) {
        int max = bound(MAX_PROPERTY, DEFAULT_MAX);
        int maxOfAddress = bound(MAX_OF_ADDRESS_PROPERTY, DEFAULT_MAX_OF_ADDRESS);
        int now = all.incrementAndGet();
        int ofAddress = byAddress.merge(client, 1, Integer::sum);
        if (now <= max && ofAddress <= maxOfAddress) {
            return null;
        }
        leave(client);
        refused.increment();
        return now > max
                ? "too many carrying streams: max=" + max
                : "too many carrying streams of one address: address=" + client + ", max=" + maxOfAddress;
    }

    void leave(Object client) {
        all.decrementAndGet();
        byAddress.computeIfPresent(client, (key, count) -> count == 1 ? null : count - 1);
    }

    private static int bound(String property, int otherwise) {
        return Math.max(1, Integer.getInteger(property, otherwise));
    }
}
