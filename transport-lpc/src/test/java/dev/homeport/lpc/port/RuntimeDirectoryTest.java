package dev.homeport.lpc.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeDirectoryTest {
    private static final int OTHER_UID = 12_345;

    @TempDir
    Path base = Path.of("");

    private Path user = base;
    private Path run = base;
    private Path temporary = base;

    @BeforeEach
    void make() throws IOException {
        user = Files.createDirectory(base.resolve("user"));
        run = Files.createDirectory(base.resolve("run"));
        temporary = Files.createDirectory(base.resolve("tmp"));
    }

    @Test
    void configuredOneComesFirstAndIsMadeForOurselvesAlone() throws Exception {
        Path directory = runtime(base.resolve("configured").toString()).toPublish();
        assertThat(directory).isEqualTo(base.resolve("configured"));
        assertThat(permissions(directory)).isEqualTo("rwx------");
    }

    @Test
    void configuredOneThatCannotBeUsedIsAnErrorNotAnotherDirectory() {
        for (String bad : List.of("relative", base.resolve("none/none").toString())) {
            assertThatThrownBy(() -> runtime(bad).toPublish())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("configured");
        }
    }

    @Test
    void userRuntimeDirectoryComesBeforeTheLastResort() throws Exception {
        assertThat(runtime(null).toPublish()).isEqualTo(user.resolve("homeport"));
    }

    @Test
    void rootPublishesInRunWithoutAUserDirectory() throws Exception {
        assumeTrue(Ports.OWN_UID == 0);
        RuntimeDirectory runtime = new RuntimeDirectory(null, null, run, temporary, 0);
        assertThat(runtime.toPublish()).isEqualTo(run.resolve("homeport"));
    }

    @Test
    void lastResortCarriesTheUserId() throws Exception {
        RuntimeDirectory runtime = new RuntimeDirectory(
                null, base.resolve("none").toString(), base.resolve("none"), temporary, Ports.OWN_UID);
        assertThat(runtime.toPublish()).isEqualTo(temporary.resolve("homeport-" + Ports.OWN_UID));
    }

    @Test
    void directoryOthersCanWriteToIsRefused() throws Exception {
        Path directory = Files.createDirectory(base.resolve("open"));
        for (String mode : List.of("rwxrwx---", "rwx----w-", "rwxrwxrwx")) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
            assertThat(refusal(directory)).contains("can be written by others");
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(refusal(directory)).isNull();
    }

    @Test
    void directoryOfSomebodyElseIsRefused() throws Exception {
        Path directory = Files.createDirectory(base.resolve("theirs"));
        assumeTrue(Ports.OWN_UID == 0);
        Files.setAttribute(directory, "unix:uid", OTHER_UID);
        assertThat(refusal(directory)).contains("somebody else", "uid=" + OTHER_UID);
        assertThat(RuntimeDirectory.refusal(directory, OTHER_UID)).isNull();
    }

    @Test
    void directoryUnderOneOfSomebodyElseIsRefused() throws Exception {
        Path theirs = Files.createDirectory(base.resolve("theirs"));
        Path directory = Files.createDirectory(theirs.resolve("homeport"));
        assumeTrue(Ports.OWN_UID == 0);
        Files.setAttribute(theirs, "unix:uid", OTHER_UID);
        assertThat(refusal(directory)).contains(theirs + " belongs to somebody else");
    }

    @Test
    void directoryUnderAnOpenOneIsRefusedUnlessThatIsSticky() throws Exception {
        Path open = Files.createDirectory(base.resolve("open"));
        Path directory = Files.createDirectory(open.resolve("homeport"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(refusal(directory)).contains(open + " can be written by others");
        Files.setAttribute(open, "unix:mode", 01777);
        assertThat(refusal(directory)).isNull();
    }

    @Test
    void linkIsRefusedAndItsTargetNotTouched() throws Exception {
        Path target = Files.createDirectory(base.resolve("target"));
        Path link = Files.createSymbolicLink(base.resolve("link"), target);
        assertThat(refusal(link)).contains("symbolic link");
        assertThatThrownBy(() -> runtime(link.toString()).toPublish()).hasMessageContaining("symbolic link");
        assertThat(target).isEmptyDirectory();
    }

    @Test
    void linkOfSomebodyElseOnTheWayIsRefused() throws Exception {
        Path target = Files.createDirectory(base.resolve("target"));
        Files.createDirectory(target.resolve("homeport"));
        Path link = Files.createSymbolicLink(base.resolve("link"), target);
        assertThat(refusal(link.resolve("homeport"))).isNull();
        assumeTrue(Ports.OWN_UID == 0);
        Files.setAttribute(link, "unix:uid", OTHER_UID, LinkOption.NOFOLLOW_LINKS);
        assertThat(refusal(link.resolve("homeport"))).contains(link + " belongs to somebody else");
    }

    @Test
    void fileIsRefused() throws Exception {
        assertThat(refusal(Files.createFile(base.resolve("file")))).contains("regular file");
        assertThat(refusal(base.resolve("none"))).contains("ENOENT");
    }

    @Test
    void searchLooksWhereTheServersUserPublishes() throws Exception {
        Path theirs = Files.createDirectory(temporary.resolve("homeport-" + OTHER_UID));
        Path own = Files.createDirectory(user.resolve("homeport"));
        assumeTrue(Ports.OWN_UID == 0);
        Files.setAttribute(theirs, "unix:uid", OTHER_UID);

        assertThat(runtime(null).toSearch(OTHER_UID).directories()).containsExactly(own, theirs);
        RuntimeDirectory.Searchable forOurselves = runtime(null).toSearch(Ports.OWN_UID);
        assertThat(forOurselves.directories()).containsExactly(own);
        assertThat(forOurselves.refusals()).isNotEmpty();
    }

    private RuntimeDirectory runtime(@Nullable String configured) {
        return new RuntimeDirectory(configured, user.toString(), run, temporary, Ports.OWN_UID);
    }

    private static @Nullable String refusal(Path directory) {
        return RuntimeDirectory.refusal(directory, Ports.OWN_UID);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
