package dev.homeport.lpc.memory;

import dev.homeport.lpc.syscall.Descriptors;
import dev.homeport.lpc.syscall.Errno;
import dev.homeport.lpc.syscall.FileStatus;
import dev.homeport.lpc.syscall.Memfd;
import dev.homeport.lpc.syscall.Mmap;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One map of a memory file whose size is fixed and that only its maker can write: ours, or our view of the
 * peer's. Owned by the outbox (or section) around it. Any thread may read the accessors. Whoever calls
 * {@link #unmap} guarantees that no thread reads or writes the memory any more, nor ever will: a later access
 * kills the process.
 */
final class SealedMemory {
    /** What makes memory one-way: fixed in size, no new writer, no change of seals. */
    static final int SEALS =
            Memfd.SEAL_SHRINK | Memfd.SEAL_GROW | Memfd.SEAL_FUTURE_WRITE | Memfd.SEAL_SEAL;

    private final long address;
    private final long sizeBytes;
    private final MemorySegment segment;
    private final FileStatus file;
    private final AtomicBoolean unmapped = new AtomicBoolean();

    private SealedMemory(long address, FileStatus file, boolean readOnly) {
        this.address = address;
        this.sizeBytes = file.sizeBytes();
        this.file = file;
        MemorySegment writable = Mmap.view(address, sizeBytes);
        this.segment = readOnly ? writable.asReadOnly() : writable;
    }

    /** Writable memory of our own and the descriptor to send, which the caller owns. */
    record Created(SealedMemory memory, int descriptor) {}

    /**
     * Makes a memory file with all its pages, maps it for writing, fills it and seals it.
     *
     * @param fill writes what must be there before anybody else can see it
     * @throws IOException if there is no memory or no descriptor left, with the kernel's word
     */
    static Created create(String name, long sizeBytes, Consumer<MemorySegment> fill) throws IOException {
        int descriptor = Memfd.create(name);
        if (descriptor < 0) {
            throw refused("memfd_create", sizeBytes, descriptor);
        }
        SealedMemory memory = null;
        try {
            memory = mapOwn(descriptor, sizeBytes);
            fill.accept(memory.segment);
            int sealed = Memfd.addSeals(descriptor, SEALS);
            if (sealed < 0) {
                throw refused("sealing", sizeBytes, sealed);
            }
            return new Created(memory, descriptor);
        } catch (Throwable failure) {
            if (memory != null) {
                memory.unmap();
            }
            Descriptors.close(descriptor);
            throw failure;
        }
    }

    // Pages come now, and are charged to us, who asked for them; lack of memory is an errno here, a signal later.
    private static SealedMemory mapOwn(int descriptor, long sizeBytes) throws IOException {
        int allocated = Memfd.allocate(descriptor, sizeBytes);
        if (allocated < 0) {
            throw refused("fallocate", sizeBytes, allocated);
        }
        FileStatus file = FileStatus.ofDescriptor(descriptor);
        long address = file.error() < 0 ? file.error() : Mmap.mapReadWrite(descriptor, sizeBytes);
        if (address < 0) {
            throw refused("mmap", sizeBytes, address);
        }
        return new SealedMemory(address, file, false);
    }

    private static IOException refused(String call, long sizeBytes, long errno) {
        return new IOException(
                "no shared memory: " + call + " gives " + Errno.name(errno) + ", sizeBytes=" + sizeBytes);
    }

    /**
     * Checks a descriptor from the peer and maps it read-only. The seals come before the size: only then the
     * size stays what it is. The descriptor stays the caller's to close, and is not needed any more.
     *
     * @param own memory of ours that the peer may have sent back to us
     */
    static SealedMemory view(int descriptor, long sizeBytes, SealedMemory own) throws BadDescriptor {
        FileStatus kind = FileStatus.ofDescriptor(descriptor);
        checkKind(descriptor, kind);
        checkSeals(descriptor);
        FileStatus file = FileStatus.ofDescriptor(descriptor);
        checkSize(file, sizeBytes);
        if (file.isSameFile(own.file)) {
            throw new BadDescriptor(BadDescriptor.Kind.OUR_OWN, "inode=" + file.inode());
        }
        long address = Mmap.mapReadOnly(descriptor, sizeBytes);
        if (address < 0) {
            throw new BadDescriptor(BadDescriptor.Kind.NOT_MAPPABLE, "mmap gives " + Errno.name(address));
        }
        return new SealedMemory(address, file, true);
    }

    private static void checkKind(int descriptor, FileStatus file) throws BadDescriptor {
        if (file.error() < 0) {
            throw new BadDescriptor(BadDescriptor.Kind.NOT_OPEN, "statx gives " + Errno.name(file.error()));
        }
        if (!file.isRegularFile()) {
            throw new BadDescriptor(BadDescriptor.Kind.NOT_A_FILE, "it is a " + file.kind());
        }
        int readable = Descriptors.isReadable(descriptor);
        if (readable <= 0) {
            throw new BadDescriptor(BadDescriptor.Kind.NOT_READABLE, "opened for writing only");
        }
        if (!FileStatus.isInPlainMemory(descriptor)) {
            throw new BadDescriptor(
                    BadDescriptor.Kind.NOT_PLAIN_MEMORY, "on a disk, in huge pages or in secret memory");
        }
    }

    private static void checkSeals(int descriptor) throws BadDescriptor {
        int seals = Memfd.seals(descriptor);
        if (seals < 0) {
            throw new BadDescriptor(BadDescriptor.Kind.NOT_PLAIN_MEMORY, "no seals: " + Errno.name(seals));
        }
        if ((seals & SEALS) != SEALS) {
            throw new BadDescriptor(
                    BadDescriptor.Kind.NOT_SEALED,
                    "seals=0x" + Integer.toHexString(seals) + ", neededSeals=0x" + Integer.toHexString(SEALS));
        }
    }

    private static void checkSize(FileStatus file, long sizeBytes) throws BadDescriptor {
        if (file.sizeBytes() != sizeBytes) {
            throw new BadDescriptor(
                    BadDescriptor.Kind.WRONG_SIZE,
                    "sizeBytes=" + file.sizeBytes() + ", expectedBytes=" + sizeBytes);
        }
        if (file.allocatedBytes() < sizeBytes) {
            throw new BadDescriptor(
                    BadDescriptor.Kind.SPARSE,
                    "allocatedBytes=" + file.allocatedBytes() + ", sizeBytes=" + sizeBytes);
        }
    }

    MemorySegment segment() {
        return segment;
    }

    long address() {
        return address;
    }

    /** Takes the map away; once, and quietly after that. */
    void unmap() {
        if (unmapped.compareAndSet(false, true)) {
            Mmap.unmap(address, sizeBytes);
        }
    }
}
