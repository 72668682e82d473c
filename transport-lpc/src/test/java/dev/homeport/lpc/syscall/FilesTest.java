package dev.homeport.lpc.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesTest {
    private static final long PAGE = 4096;

    @TempDir
    Path directory = Path.of("");

    @Test
    void sealedMemoryTakesNoNewWriterAndTheOldOneWorksOn() {
        int file = Memfd.create("sealed");
        assertThat(Memfd.allocate(file, PAGE)).isZero();
        long writable = Mmap.mapReadWrite(file, PAGE);
        int seals = Memfd.SEAL_SHRINK | Memfd.SEAL_GROW | Memfd.SEAL_FUTURE_WRITE | Memfd.SEAL_SEAL;

        assertThat(Memfd.addSeals(file, seals)).isZero();

        assertThat(Memfd.seals(file) & seals).isEqualTo(seals);
        assertThat(Memfd.addSeals(file, seals)).isEqualTo(-Errno.EPERM);
        assertThat(Memfd.truncate(file, 1)).isEqualTo(-Errno.EPERM);
        assertThat(Mmap.mapReadWrite(file, PAGE)).isEqualTo(-Errno.EPERM);
        assertThat(Descriptors.write(file, new byte[1])).isEqualTo(-Errno.EPERM);
        long readOnly = Mmap.mapReadOnly(file, PAGE);
        Mmap.view(writable, PAGE).set(ValueLayout.JAVA_LONG, 8, 42);
        assertThat(Mmap.view(readOnly, PAGE).get(ValueLayout.JAVA_LONG, 8)).isEqualTo(42);
        Mmap.unmap(writable, PAGE);
        Mmap.unmap(readOnly, PAGE);
        Descriptors.close(file);
    }

    @Test
    void statusIsWhatTheJdkSees() throws Exception {
        Path path = Files.write(directory.resolve("file"), new byte[10_000]);
        Path link = Files.createSymbolicLink(directory.resolve("link"), path);
        FileStatus status = FileStatus.ofPathNoFollow(path.toString());

        assertThat(status.isRegularFile()).isTrue();
        assertThat(status.sizeBytes()).isEqualTo(10_000);
        assertThat(status.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
        assertThat(status.uid()).isEqualTo(Files.getAttribute(path, "unix:uid"));
        assertThat(status.gid()).isEqualTo(Files.getAttribute(path, "unix:gid"));
        assertThat(status.mode()).isEqualTo(Files.getAttribute(path, "unix:mode"));
        assertThat(FileStatus.ofPathNoFollow(link.toString()).isSymbolicLink()).isTrue();
        assertThat(FileStatus.ofPathNoFollow(directory.toString()).isDirectory()).isTrue();
        assertThat(FileStatus.ofPathNoFollow(directory + "/none").error()).isEqualTo(-Errno.ENOENT);
        assertThat(Descriptors.openNoFollow(link.toString(), Descriptors.O_RDONLY, 0)).isEqualTo(-Errno.ELOOP);
    }

    @Test
    void lockIsHeldByOneOpenFile() {
        String path = directory.resolve("lock").toString();
        int flags = Descriptors.O_RDWR | Descriptors.O_CREAT;
        int first = Descriptors.openNoFollow(path, flags, 0600);
        int second = Descriptors.openNoFollow(path, flags, 0600);

        assertThat(Flock.tryLock(first)).isZero();
        assertThat(Flock.tryLock(second)).isEqualTo(-Errno.EAGAIN);
        Descriptors.close(first);
        assertThat(Flock.tryLock(second)).isZero();
        Descriptors.close(second);
    }

    @Test
    void deadProcessIsToldFromALiveOne() throws Exception {
        int self = Pidfd.open((int) ProcessHandle.current().pid());
        assertThat(Pidfd.isAlive(self)).isTrue();
        Descriptors.close(self);

        Process child = new ProcessBuilder("cat").start();
        int pidfd = Pidfd.open((int) child.pid());
        assertThat(Pidfd.isAlive(pidfd)).isTrue();
        child.getOutputStream().close();
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(Pidfd.isAlive(pidfd)).isFalse();
        Descriptors.close(pidfd);
    }

    @Test
    void memoryOfAProcessIsReadAndWrittenByAddress() {
        int pid = (int) ProcessHandle.current().pid();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment theirs = arena.allocateFrom("lent");
            MemorySegment ours = arena.allocate(theirs.byteSize());

            assertThat(ProcessVm.read(pid, theirs.address(), ours)).isEqualTo(theirs.byteSize());
            assertThat(ours.getString(0)).isEqualTo("lent");
            ours.setString(0, "sent");
            assertThat(ProcessVm.write(pid, theirs.address(), ours)).isEqualTo(theirs.byteSize());
            assertThat(theirs.getString(0)).isEqualTo("sent");
            assertThat(ProcessVm.read(pid, 8, ours)).isEqualTo(-Errno.EFAULT);
        }
    }

    @Test
    void processorIsOneOfThisMachine() {
        assertThat(Cpu.current()).isBetween(0, 4095);
    }

    @Test
    void nativeAccessIsThereAndItsAbsenceHasAReason() {
        assertThat(NativeAccess.unavailableReason()).isNull();
        assertThat(NativeAccess.platformReason("Mac OS X", "aarch64", ByteOrder.LITTLE_ENDIAN)).contains("Mac OS X");
        assertThat(NativeAccess.platformReason("Linux", "riscv64", ByteOrder.LITTLE_ENDIAN)).contains("riscv64");
        assertThat(NativeAccess.platformReason("Linux", "amd64", ByteOrder.BIG_ENDIAN)).contains("BIG_ENDIAN");
        assertThat(NativeAccess.platformReason("Linux", "aarch64", ByteOrder.LITTLE_ENDIAN)).isNull();
    }

    @Test
    void errorsHaveTheirNames() {
        assertThat(Errno.name(-Errno.EAGAIN)).isEqualTo("EAGAIN");
        assertThat(Errno.name(5)).isEqualTo("errno 5");
    }
}
