package dev.homeport.lpc.syscall;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/**
 * Bytes and descriptors over a Unix-domain socket: {@code sendmsg(2)}, {@code recvmsg(2)}. Never waits,
 * never raises SIGPIPE. Any thread.
 */
public final class Messages {
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x40000000;
    static final int SOL_SOCKET = 1;
    static final int SCM_RIGHTS = 1;

    private Messages() {}

    /** Sends one byte, which means nothing but "look". {@code -EAGAIN} if enough of them wait already. */
    public static int ring(int socket) {
        Scratch scratch = Scratch.ofThisThread();
        return (int) Kernel.call(
                scratch,
                SyscallNumbers.SENDTO,
                socket,
                scratch.arguments(),
                1,
                MSG_DONTWAIT | MSG_NOSIGNAL,
                0,
                0);
    }

    /**
     * Sends bytes, and descriptors with the first of them. Returns the bytes taken: all on a packet
     * socket, perhaps fewer on a stream. The descriptors stay the caller's.
     */
    public static int send(int socket, byte[] bytes, int offset, int lengthBytes, int... descriptors) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(Math.max(1, lengthBytes));
            MemorySegment.copy(MemorySegment.ofArray(bytes), offset, data, 0, lengthBytes);
            MemorySegment control = rights(arena, descriptors);
            MemorySegment header = arena.allocate(MessageHeader.BYTES, 8);
            MessageHeader.fill(header, arena.allocate(16, 8), data.address(), lengthBytes, control);
            return (int) Kernel.call(
                    SyscallNumbers.SENDMSG, socket, header.address(), MSG_DONTWAIT | MSG_NOSIGNAL, 0);
        }
    }

    private static MemorySegment rights(Arena arena, int[] descriptors) {
        if (descriptors.length == 0) {
            return MemorySegment.NULL;
        }
        MemorySegment control = arena.allocate(MessageHeader.controlBytes(descriptors.length), 8);
        control.set(ValueLayout.JAVA_LONG, 0, MessageHeader.CMSG_DATA + 4L * descriptors.length);
        control.set(ValueLayout.JAVA_INT, 8, SOL_SOCKET);
        control.set(ValueLayout.JAVA_INT, 12, SCM_RIGHTS);
        for (int i = 0; i < descriptors.length; i++) {
            control.set(ValueLayout.JAVA_INT, MessageHeader.CMSG_DATA + 4L * i, descriptors[i]);
        }
        return control;
    }

    /**
     * Receives bytes and descriptors, close-on-exec. Returns the bytes, 0 at the end, or {@code -errno}. The
     * descriptors are the caller's, also if the message was cut.
     */
    public static int receive(int socket, ReceivedMessage message) {
        message.prepare();
        int result = (int) Kernel.call(
                SyscallNumbers.RECVMSG, socket, message.headerAddress(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC, 0);
        message.finish(result);
        Reference.reachabilityFence(message);
        return result;
    }
}
