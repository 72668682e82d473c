package dev.homeport.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Starts programs as another user. That user may not read where the build and its jars are, so they are copied to
 * where it can. Made once for a test class, by root only: {@link #assumePossible} skips the test otherwise.
 */
public final class OtherUser implements AutoCloseable {
    /** A user whom every system has, and who owns nothing. */
    public static final int NOBODY = 65534;
    /** Another user whom the kernel knows by number; no such name is needed. */
    public static final int SOMEBODY = 65533;

    private static final Pattern NOT_NEEDED = Pattern.compile("/(junit|assertj|archunit|byte-buddy|awaitility)[^/]*$");

    private final Path copy;
    private final List<String> classPath = new ArrayList<>();

    /** Copies the class path of this JVM. */
    public OtherUser() throws IOException {
        copy = Files.createTempDirectory("homeport-other-user-");
        open(copy);
        for (String entry : Jvm.ownClassPath()) {
            Path from = Path.of(entry);
            if (Files.exists(from) && !NOT_NEEDED.matcher(entry).find()) {
                Path to = copy.resolve(classPath.size() + "-" + from.getFileName());
                copy(from, to);
                classPath.add(to.toString());
            }
        }
    }

    /** Skips the test, and says why, where programs cannot be started as another user. */
    public static void assumePossible() throws IOException {
        String reason = whyImpossible();
        Assumptions.assumeTrue(reason.isEmpty(), reason);
    }

    /** Why programs cannot be started as another user here; empty if they can. */
    public static String whyImpossible() throws IOException {
        Path self = Path.of("/proc/self");
        if (!Files.getAttribute(self, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(0)
                || !Files.readString(self.resolve("uid_map")).strip().endsWith("4294967295")) {
            return "only root can start programs of other users";
        }
        if (!Files.isExecutable(Path.of("/usr/bin/setpriv"))) {
            return "setpriv of util-linux is missing";
        }
        for (Path path = Path.of(System.getProperty("java.home")); path != null; path = path.getParent()) {
            if (!Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                return "others may not run this Java: " + path;
            }
        }
        return "";
    }

    /** Lets everybody read a directory and pass it. */
    public static void open(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    open(Files.createDirectory(target));
                } else {
                    Files.copy(file, target);
                    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
                }
            }
        }
    }

    /** A program of these classes, as that user with no group of root's. */
    public Jvm.Launch launch(int uid, Class<?> main) {
        // Short-lived: compiling well is not worth while.
        Jvm.Launch launch = Jvm.Launch.of(main).classPath(classPath).option("-XX:TieredStopAtLevel=1");
        return uid == 0 ? launch : launch.behind(command(uid).toArray(String[]::new));
    }

    /** What starts a program as that user. */
    public static List<String> command(int uid) {
        return List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups");
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(copy)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
