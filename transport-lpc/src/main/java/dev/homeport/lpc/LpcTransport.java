package dev.homeport.lpc;

import dev.homeport.lpc.port.Endpoint;
import dev.homeport.lpc.port.EndpointAcceptor;
import dev.homeport.lpc.port.PortSearcher;
import dev.homeport.lpc.port.Publisher;
import dev.homeport.lpc.port.SetupClient;
import dev.homeport.lpc.port.UserAccount;
import dev.homeport.lpc.syscall.NativeAccess;
import dev.homeport.lpc.syscall.PeerCredentials;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Local procedure call, as the rest of Homeport sees it. Stateless but for the process's readers. */
public final class LpcTransport implements LocalTransport {
    private static final Logger LOG = Logger.getLogger(LpcTransport.class.getName());

    private static volatile boolean cold = true;

    /**
     * What takes long and waits for nobody: the engine's side of accepted connections, whose transport
     * filters are user code, and the making of sections.
     */
    private static final class Background {
        static final ExecutorService EXECUTOR = Executors.newCachedThreadPool(
                task -> Thread.ofPlatform().daemon().name("homeport-background").unstarted(task));
    }

    static ExecutorService background() {
        return Background.EXECUTOR;
    }

    /** For {@link java.util.ServiceLoader}. */
    public LpcTransport() {}

    /**
     * Waits of this process that ended by their safety time-out with something to read, over all connections that it
     * ever had: 0, or a wake-up was lost. What one connection counted stands in its {@link FramePort#counters}.
     */
    public static long safetyNetWakes() {
        return Readers.safetyNetWakesOfProcess();
    }

    /** What processes of that user have of this one now, against the bounds of docs/reliability.md. */
    public static UserAccount account(int uid) {
        return UserAccount.of(uid);
    }

    @Override
    public @Nullable String unavailableReason() {
        return NativeAccess.unavailableReason();
    }

    @Override
    public boolean isCold() {
        return cold;
    }

    @Override
    public int ownUid() {
        return PeerCredentials.ownUid();
    }

    @Override
    public PortSearch find(PortQuery query) {
        return PortSearcher.find(query);
    }

    @Override
    public FramePort connect(ConnectionPort port, Setup setup, FrameReceiver.Factory receivers) throws IOException {
        try {
            Readers readers = Readers.ofProcess();
            return begin(readers, SetupClient.open(port, setup), receivers, setup.requestSectionBytes());
        } finally {
            cold = false;
        }
    }

    @Override
    public Publication publish(PublishRequest request, Acceptor acceptor) throws IOException {
        Readers readers = Readers.ofProcess();
        return Publisher.publish(request, new EndpointAcceptor() {
            @Override
            public void accept(Endpoint endpoint) {
                Background.EXECUTOR.execute(() -> begin(
                        readers, endpoint, acceptor::accept, endpoint.peerSetup().replySectionBytes()));
            }

            @Override
            public void superseded() {
                Background.EXECUTOR.execute(acceptor::superseded);
            }
        });
    }

    private static FramePort begin(
            Readers readers, Endpoint endpoint, FrameReceiver.Factory receivers, long sectionBytes) {
        LpcPort port = new LpcPort(readers, endpoint);
        try {
            port.start(receivers.receiverOf(port, endpoint.peerSetup()), sectionBytes);
            return port;
        } catch (RuntimeException | Error e) {
            LOG.log(Level.WARNING, "connection failed at its start", e);
            port.close(new EndCause(EndCause.Kind.FAILURE, "failed at its start", e));
            throw e;
        }
    }
}
