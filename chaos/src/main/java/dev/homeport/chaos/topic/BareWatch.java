package dev.homeport.chaos.topic;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.Pidfd;
import dev.homeport.lpc.syscall.Poll;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;

/**
 * The end of a process as the kernel tells it to who does nothing but wait for it: a thread blocked on a plain
 * socket, and one on the process's descriptor. What these need is not Homeport's. Owns the socket.
 */
final class BareWatch implements AutoCloseable {
    private static final long LIMIT_NANOS = 10_000_000_000L;

    /** {@link System#nanoTime} of each end. */
    final CompletableFuture<Long> socketEnded = new CompletableFuture<>();
    final CompletableFuture<Long> processEnded = new CompletableFuture<>();

    private final SocketChannel socket;
    private final int pidfd;

    BareWatch(SocketChannel socket, long pid) {
        this.socket = socket;
        this.pidfd = Pidfd.open((int) pid);
        if (pidfd < 0) {
            throw new IllegalStateException("no descriptor of the process: errno=" + -pidfd);
        }
        Thread.ofPlatform().daemon().name("bare-socket").start(this::awaitSocket);
        Thread.ofPlatform().daemon().name("bare-pidfd").start(this::awaitProcess);
    }

    private void awaitSocket() {
        try {
            socket.read(ByteBuffer.allocate(1));
        } catch (IOException e) {
            // Its end, in another form.
        }
        socketEnded.complete(System.nanoTime());
    }

    private void awaitProcess() {
        int result = Poll.await(pidfd, Poll.IN, LIMIT_NANOS);
        while (result == -Errno.EINTR) {
            result = Poll.await(pidfd, Poll.IN, LIMIT_NANOS);
        }
        if (result > 0) {
            processEnded.complete(System.nanoTime());
        } else {
            processEnded.completeExceptionally(new IllegalStateException("not seen: result=" + result));
        }
    }

    /** After both ends were seen. */
    @Override
    public void close() throws IOException {
        socket.close();
        Descriptors.close(pidfd);
    }
}
