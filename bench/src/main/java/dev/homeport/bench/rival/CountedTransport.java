package dev.homeport.bench.rival;

import dev.homeport.lpc.LpcTransport;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport;
import dev.homeport.spi.PortCounters;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The local transport, which also remembers the ports of this process so that their counters can be read: a
 * program has no other way to them. Found by {@link java.util.ServiceLoader} before the real one because the
 * benchmark stands first on its class path. Only set-up passes through here; frames do not. Any thread.
 */
public final class CountedTransport implements LocalTransport {
    private static final Queue<FramePort> PORTS = new ConcurrentLinkedQueue<>();

    private final LocalTransport real = new LpcTransport();

    /** For {@link java.util.ServiceLoader}. */
    public CountedTransport() {}

    /** The sums over every port that this process ever had. */
    public static PortCounters total() {
        PortCounters sum = new PortCounters(0, 0, 0, 0, 0);
        for (FramePort port : PORTS) {
            PortCounters one = port.counters();
            sum = new PortCounters(
                    sum.framesSent() + one.framesSent(),
                    sum.framesRead() + one.framesRead(),
                    sum.doorbellsRung() + one.doorbellsRung(),
                    sum.safetyNetWakes() + one.safetyNetWakes(),
                    sum.takeOvers() + one.takeOvers());
        }
        return sum;
    }

    @Override
    public @Nullable String unavailableReason() {
        return real.unavailableReason();
    }

    @Override
    public boolean isCold() {
        return real.isCold();
    }

    @Override
    public PortSearch find(PortQuery query) {
        return real.find(query);
    }

    @Override
    public FramePort connect(ConnectionPort port, Setup setup, FrameReceiver.Factory receivers) throws IOException {
        FramePort opened = real.connect(port, setup, receivers);
        PORTS.add(opened);
        return opened;
    }

    @Override
    public Publication publish(PublishRequest request, Acceptor acceptor) throws IOException {
        return real.publish(request, (port, peer) -> {
            PORTS.add(port);
            return acceptor.accept(port, peer);
        });
    }
}
