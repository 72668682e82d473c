package dev.homeport.lpc.port;

import dev.homeport.idl.v1.ConnectReply.Refusal;
import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Epoll;
import dev.homeport.lpc.syscall.EpollEvents;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.EventFd;
import dev.homeport.lpc.syscall.Messages;
import dev.homeport.lpc.syscall.ReceivedMessage;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Serves all set-ups of this process on one daemon thread, none of which can hold up another: it reads what
 * is there, answers when a request is complete, and closes what takes too long. The thread starts with the
 * first port and stays, asleep in the kernel. {@link #admit} is for any thread; all else happens on its own.
 */
final class SetupServer {
    /** Time a client has for its request. */
    static final long SETUP_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final System.Logger LOG = System.getLogger("dev.homeport.lpc.port");
    /** A look at the queue of arrivals in any case, should a signal ever be lost. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final int EVENTS = 64;
    private static final long WAKE_UP = 0;

    /** Guarded by the class. */
    private static @Nullable SetupServer shared;

    private final int epoll;
    private final int wakeUp;
    private final UidLimit halfOpen = new UidLimit(UidLimit.MAX_HALF_OPEN);
    private final UidLimit connections = new UidLimit(UidLimit.MAX_CONNECTIONS);
    private final UidLimit descriptors = new UidLimit(DescriptorBound.ofProcess());
    private final ServerHandshake handshake = new ServerHandshake(connections, descriptors);
    private final Queue<HalfOpen> arrivals = new ConcurrentLinkedQueue<>();

    /** By number, in the order of their deadlines. Guarded by the thread. */
    private final Map<Long, HalfOpen> clients = new LinkedHashMap<>();

    private final ReceivedMessage scratch =
            new ReceivedMessage(Envelope.READ_BYTES, ReceivedMessage.MAX_DESCRIPTORS);
    private long lastNumber = WAKE_UP;

    private SetupServer(int epoll, int wakeUp) {
        this.epoll = epoll;
        this.wakeUp = wakeUp;
    }

    /**
     * The one of this process, started by the first who asks.
     *
     * @throws IOException if there are no descriptors for it; the next who asks tries again
     */
    static synchronized SetupServer shared() throws IOException {
        SetupServer started = shared;
        if (started == null) {
            started = start();
            shared = started;
        }
        return started;
    }

    /** The one of this process, or null. */
    static synchronized @Nullable SetupServer ifStarted() {
        return shared;
    }

    private static SetupServer start() throws IOException {
        int epoll = Epoll.create();
        int wakeUp = EventFd.create();
        int added = Epoll.add(epoll, wakeUp, Epoll.IN, WAKE_UP);
        if (epoll < 0 || wakeUp < 0 || added < 0) {
            Descriptors.close(epoll);
            Descriptors.close(wakeUp);
            throw new IOException(
                    "set-up cannot be served: epoll=" + epoll + ", eventfd=" + wakeUp + ", " + Errno.name(added));
        }
        SetupServer server = new SetupServer(epoll, wakeUp);
        Thread.ofPlatform().name("homeport-setup").daemon().start(server::run);
        return server;
    }

    /** Takes over an accepted connection socket. */
    void admit(int socket, PortRules rules) {
        arrivals.add(new HalfOpen(socket, rules, System.nanoTime() + SETUP_NANOS));
        EventFd.signal(wakeUp);
    }

    /** Connections that a user has to this process now. */
    int connections(int uid) {
        return connections.count(uid);
    }

    /** Descriptors that the connections of a user keep now. */
    int descriptors(int uid) {
        return descriptors.count(uid);
    }

    /** Set-ups that a user has half open now. */
    int halfOpen(int uid) {
        return halfOpen.count(uid);
    }

    private void run() {
        EpollEvents events = new EpollEvents(EVENTS);
        while (true) {
            try {
                serve(events, Epoll.await(epoll, events, untilNextDeadline()));
            } catch (RuntimeException | Error unexpected) {
                LOG.log(System.Logger.Level.ERROR, "set-up goes on after an unexpected failure", unexpected);
            }
        }
    }

    private void serve(EpollEvents events, int count) {
        for (int i = 0; i < count; i++) {
            if (events.data(i) == WAKE_UP) {
                EventFd.drain(wakeUp);
            } else {
                HalfOpen client = clients.get(events.data(i));
                if (client != null && !advance(client)) {
                    clients.remove(events.data(i));
                }
            }
        }
        admitArrivals();
        closeLateOnes();
    }

    private void admitArrivals() {
        for (HalfOpen client = arrivals.poll(); client != null; client = arrivals.poll()) {
            Refusal refusal = client.admit(halfOpen);
            if (refusal != null) {
                LOG.log(System.Logger.Level.DEBUG, "connection refused: {0}, uid={1}", refusal, client.peer().uid());
            } else if (advance(client)) {
                watch(client);
            }
        }
    }

    private void watch(HalfOpen client) {
        long number = ++lastNumber;
        int added = Epoll.add(epoll, client.socket(), Epoll.IN | Epoll.RDHUP, number);
        if (added < 0) {
            client.refuse(Refusal.INTERNAL, "no epoll: " + Errno.name(added));
        } else {
            clients.put(number, client);
        }
    }

    /** Reads and perhaps answers. False if the client is closed, one way or the other. */
    private boolean advance(HalfOpen client) {
        if (client.takenOver() != null) {
            return awaitHangUp(client);
        }
        try {
            return switch (client.request().read(client.socket(), scratch)) {
                case INCOMPLETE -> true;
                case COMPLETE -> completeInTurn(client);
                case ENDED -> {
                    client.close();
                    yield false;
                }
            };
        } catch (ServerHandshake.Refused e) {
            refuse(client, e.refusal(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            refuse(client, Refusal.BAD_REQUEST, String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "set-up of a connection failed", e);
            client.refuse(Refusal.INTERNAL, "the server failed");
        }
        return false;
    }

    /** A successor says nothing more; whatever comes is as good as its end. */
    private boolean awaitHangUp(HalfOpen successor) {
        int received = Messages.receive(successor.socket(), scratch);
        if (received == -Errno.EAGAIN || received == -Errno.EINTR) {
            return true;
        }
        if (received > 0) {
            for (int descriptor : scratch.takeDescriptors()) {
                Descriptors.close(descriptor);
            }
        }
        endTakeOver(successor);
        return false;
    }

    private static void endTakeOver(HalfOpen successor) {
        PublishedPort port = successor.takenOver();
        if (port != null && port.isSuperseded()) {
            LOG.log(System.Logger.Level.INFO, "port taken over: {0}, by pid={1,number,#}", port.name().text(),
                    successor.peer().pid());
            successor.rules().acceptor().superseded();
        }
        successor.close();
    }

    private static void refuse(HalfOpen client, Refusal refusal, String detail) {
        LOG.log(System.Logger.Level.DEBUG, "connection refused: {0}, {1}", refusal, detail);
        client.refuse(refusal, detail);
    }

    private boolean completeInTurn(HalfOpen client) throws ServerHandshake.Refused {
        client.rules().beginSetup();
        try {
            return complete(client);
        } finally {
            client.rules().endSetup();
        }
    }

    private boolean complete(HalfOpen client) throws ServerHandshake.Refused {
        Endpoint endpoint;
        try {
            if (handshake.handOver(client)) {
                return true;
            }
            endpoint = handshake.answer(client);
        } catch (IOException e) {
            throw new ServerHandshake.Refused(Refusal.INTERNAL, String.valueOf(e.getMessage()));
        }
        client.close();
        try {
            client.rules().acceptor().accept(endpoint);
        } catch (RuntimeException | Error e) {
            endpoint.close();
            LOG.log(System.Logger.Level.WARNING, "a connection was not accepted", e);
        }
        return false;
    }

    private long untilNextDeadline() {
        Iterator<HalfOpen> oldest = clients.values().iterator();
        return oldest.hasNext() ? Math.max(0, oldest.next().deadlineNanos() - System.nanoTime()) : IDLE_NANOS;
    }

    private void closeLateOnes() {
        long now = System.nanoTime();
        Iterator<HalfOpen> oldest = clients.values().iterator();
        while (oldest.hasNext()) {
            HalfOpen client = oldest.next();
            if (client.deadlineNanos() - now > 0) {
                return;
            }
            oldest.remove();
            if (client.takenOver() != null) {
                endTakeOver(client);
                continue;
            }
            client.refuse(Refusal.BAD_REQUEST, "no complete request in time");
        }
    }
}
