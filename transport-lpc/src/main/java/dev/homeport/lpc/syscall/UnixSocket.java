package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Unix-domain stream sockets with a path: {@code unix(7)}. The caller owns the descriptors. */
public final class UnixSocket {
    /** Bytes a socket's path may have, as {@code sun_path} holds 108 with the zero behind it. */
    public static final int MAX_PATH_BYTES = 107;

    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_SEQPACKET = 5;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_SNDTIMEO = 21;
    private static final int SO_DOMAIN = 39;
    private static final int SOCKADDR_BYTES = 2 + MAX_PATH_BYTES + 1;
    private static final int MSG_PEEK = 2;
    private static final int SHUT_RDWR = 2;
    private static final int NANOS_PER_MICRO = 1000;
    private static final long MICROS_PER_SECOND = 1_000_000;

    private UnixSocket() {}

    /**
     * Connects a stream socket and makes it non-blocking. Waits, at most for the time given, while the
     * server's backlog is full ({@code -EAGAIN} when the time is over): platform threads only.
     */
    public static int connect(String path, long timeoutNanos) {
        int descriptor = stream(path);
        if (descriptor < 0) {
            return descriptor;
        }
        int result = limitWait(descriptor, timeoutNanos);
        if (result >= 0) {
            result = connect(descriptor, path);
        }
        if (result >= 0) {
            result = Descriptors.setNonBlocking(descriptor);
        }
        if (result < 0) {
            Descriptors.close(descriptor);
            return result;
        }
        return descriptor;
    }

    private static int limitWait(int descriptor, long timeoutNanos) {
        Scratch scratch = Scratch.ofThisThread();
        long micros = Math.max(1, timeoutNanos / NANOS_PER_MICRO);
        scratch.putLong(0, micros / MICROS_PER_SECOND);
        scratch.putLong(8, micros % MICROS_PER_SECOND);
        return (int) Kernel.call(
                scratch, SyscallNumbers.SETSOCKOPT, descriptor, SOL_SOCKET, SO_SNDTIMEO, scratch.arguments(), 16, 0);
    }

    private static int connect(int descriptor, String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            return (int) Kernel.await(
                    Scratch.ofThisThread(),
                    SyscallNumbers.CONNECT,
                    descriptor,
                    address.address(),
                    address.byteSize(),
                    0,
                    0,
                    0);
        }
    }

    /** A listening socket at a path that does not exist yet. */
    public static int listen(String path, int backlog) {
        int descriptor = stream(path);
        if (descriptor < 0) {
            return descriptor;
        }
        int result;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path);
            result = (int) Kernel.call(SyscallNumbers.BIND, descriptor, address.address(), address.byteSize(), 0);
        }
        if (result >= 0) {
            result = (int) Kernel.call(SyscallNumbers.LISTEN, descriptor, backlog);
        }
        if (result < 0) {
            Descriptors.close(descriptor);
            return result;
        }
        return descriptor;
    }

    /** Takes a connection; waits for one: platform threads only. */
    public static int awaitAccept(int listener) {
        return (int) Kernel.await(
                Scratch.ofThisThread(),
                SyscallNumbers.ACCEPT4,
                listener,
                0,
                0,
                Descriptors.O_CLOEXEC | Descriptors.O_NONBLOCK,
                0,
                0);
    }

    /** Ends both directions: the peer sees the end, and waits of ours on this socket end; it stays open. */
    public static int shutDown(int socket) {
        return (int) Kernel.call(SyscallNumbers.SHUTDOWN, socket, SHUT_RDWR);
    }

    private static int stream(String path) {
        if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            return -Errno.ENAMETOOLONG;
        }
        return (int) Kernel.call(SyscallNumbers.SOCKET, AF_UNIX, SOCK_STREAM | Descriptors.O_CLOEXEC, 0, 0);
    }

    private static MemorySegment address(Arena arena, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        MemorySegment address = arena.allocate(SOCKADDR_BYTES, 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, address, 2, bytes.length);
        return address;
    }

    /** Looks whether bytes wait, without taking them or their descriptors: 1, 0 at the end, or {@code -EAGAIN}. */
    public static int peek(int descriptor) {
        Scratch scratch = Scratch.ofThisThread();
        return (int) Kernel.call(
                scratch,
                SyscallNumbers.RECVFROM,
                descriptor,
                scratch.arguments(),
                1,
                MSG_PEEK | Messages.MSG_DONTWAIT,
                0,
                0);
    }

    /** Whether it is a Unix-domain socket of sequenced packets, as {@link SocketPair} makes. */
    public static boolean isPacketSocket(int descriptor) {
        return option(descriptor, SO_DOMAIN) == AF_UNIX && option(descriptor, SO_TYPE) == SOCK_SEQPACKET;
    }

    private static int option(int descriptor, int option) {
        Scratch scratch = Scratch.ofThisThread();
        scratch.putInt(0, 0);
        scratch.putInt(8, 4);
        int result = (int) Kernel.call(
                scratch,
                SyscallNumbers.GETSOCKOPT,
                descriptor,
                SOL_SOCKET,
                option,
                scratch.arguments(),
                scratch.arguments() + 8,
                0);
        return result < 0 ? result : scratch.getInt(0);
    }
}
