package dev.homeport.lpc.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Memory of another process: {@code process_vm_readv(2)}, {@code process_vm_writev(2)}. Any thread. May
 * move fewer bytes than asked for; gives {@code -EPERM}, {@code -ESRCH}, {@code -EFAULT} or
 * {@code -ENOSYS} where it cannot.
 */
public final class ProcessVm {
    private ProcessVm() {}

    /** Reads from the peer into native memory of ours. */
    public static long read(int pid, long peerAddress, MemorySegment target) {
        return move(SyscallNumbers.PROCESS_VM_READV, pid, peerAddress, target);
    }

    /** Writes native memory of ours into the peer. */
    public static long write(int pid, long peerAddress, MemorySegment source) {
        return move(SyscallNumbers.PROCESS_VM_WRITEV, pid, peerAddress, source);
    }

    private static long move(int number, int pid, long peerAddress, MemorySegment own) {
        Scratch scratch = Scratch.ofThisThread();
        scratch.putLong(0, own.address());
        scratch.putLong(8, own.byteSize());
        scratch.putLong(16, peerAddress);
        scratch.putLong(24, own.byteSize());
        long vectors = scratch.arguments();
        long moved = Kernel.call(scratch, number, pid, vectors, 1, vectors + 16, 1, 0);
        Reference.reachabilityFence(own);
        return moved;
    }
}
