package dev.homeport.route;

import dev.homeport.call.CallLimits;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A channel between a fake local transport and a fake remote channel. */
final class ChannelFixture {
    final FakeLocalTransport transport = new FakeLocalTransport();
    final FakeRemoteChannel remote = new FakeRemoteChannel();
    final Map<String, String> settings = new HashMap<>(Map.of(
            // Long, so that a slow machine does not decide a test; one test sets it short.
            Configuration.CONNECT_WAIT, "10s", Configuration.LOOKUP_INTERVAL, "1ms"));
    ChannelSecurity security = new ChannelSecurity("", null);
    Map<String, ?> serviceConfig = Map.of();
    long idleNanos = Long.MAX_VALUE;

    RoutedChannel routed() {
        return channel("localhost:443", true);
    }

    RoutedChannel withoutTcp() {
        return channel("lpc:orders", false);
    }

    private RoutedChannel channel(String target, boolean tcp) {
        CallDefaults calls = new CallDefaults(
                Runnable::run, "test", null, CallLimits.DEFAULT, serviceConfig, List.of(), List.of(), null);
        Configuration configuration = new Configuration(List.of(ConfigurationSource.builder(settings)));
        ChannelPlan plan = new ChannelPlan(
                target, tcp ? remote : null, configuration, security, "", calls, new SectionWishes(), idleNanos);
        HostAddresses here = new HostAddresses("localhost", new Here());
        LocalConnector connector = new LocalConnector(transport, transport::open, plan.address(), here);
        String neverLocal = plan.neverLocal(LocalTransports.of(transport), plan.address());
        return new RoutedChannel(plan, neverLocal, connector, channel -> channel);
    }

    static Started start(RoutedChannel channel) {
        return start(channel, FakeCall.METHOD, CallOptions.DEFAULT);
    }

    static Started start(RoutedChannel channel, MethodDescriptor<byte[], byte[]> method, CallOptions options) {
        RecordingListener listener = new RecordingListener();
        ClientCall<byte[], byte[]> call = channel.newCall(method, options);
        call.start(listener, new Metadata());
        call.sendMessage(new byte[1]);
        return new Started(call, listener);
    }

    /** Waits for something that another thread brings about. */
    static void eventually(BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new AssertionError("did not come true in 20 s");
            }
            Thread.onSpinWait();
        }
    }

    record Started(ClientCall<byte[], byte[]> call, RecordingListener listener) {}

    private static final class Here implements HostAddresses.Resolver {
        @Override
        public List<InetAddress> resolve(String host) throws IOException {
            return List.of(InetAddress.getLoopbackAddress());
        }

        @Override
        public boolean isOurs(InetAddress address) {
            return true;
        }
    }
}
