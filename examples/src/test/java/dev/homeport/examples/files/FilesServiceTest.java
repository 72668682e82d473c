package dev.homeport.examples.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.homeport.examples.files.proto.Chunk;
import dev.homeport.examples.files.proto.FileEntry;
import dev.homeport.examples.files.proto.FilesGrpc;
import dev.homeport.examples.files.proto.HashRequest;
import dev.homeport.examples.files.proto.ListRequest;
import dev.homeport.examples.files.proto.Match;
import dev.homeport.examples.files.proto.ReadRequest;
import dev.homeport.examples.files.proto.SearchRequest;
import dev.homeport.examples.files.proto.WriteRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files service over a real tree: what it serves, what it refuses, and a mirror of it. */
@Timeout(30)
class FilesServiceTest {
    @TempDir
    private Path directory;

    private Path root;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        root = Files.createDirectory(directory.resolve("root"));
        Files.writeString(directory.resolve("secret.txt"), "outside");
        server = FilesServer.start(root, 0);
        channel = Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void stop() throws InterruptedException {
        channel.shutdownNow();
        server.shutdownNow().awaitTermination();
    }

    private FilesGrpc.FilesBlockingStub files() {
        return FilesGrpc.newBlockingStub(channel);
    }

    private ByteString read(String path) {
        ByteString content = ByteString.EMPTY;
        for (var chunks = files().read(ReadRequest.newBuilder().setPath(path).build()); chunks.hasNext(); ) {
            Chunk chunk = chunks.next();
            content = content.concat(chunk.getContent());
        }
        return content;
    }

    private FileEntry write(String path, byte[]... parts) throws StatusException, InterruptedException {
        BlockingClientCall<WriteRequest, FileEntry> call =
                FilesGrpc.newBlockingV2Stub(channel).write();
        call.write(WriteRequest.newBuilder().setPath(path).build());
        for (byte[] part : parts) {
            call.write(WriteRequest.newBuilder().setContent(ByteString.copyFrom(part)).build());
        }
        call.halfClose();
        return call.read();
    }

    private static byte[] noise(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        return content;
    }

    @Test
    void mirrorIsEqualToTheTree() throws IOException {
        Files.createFile(root.resolve("empty"));
        Files.write(root.resolve("big"), noise(5_000_000));
        Files.write(root.resolve("one-chunk"), noise(FileDownload.CHUNK_BYTES));
        Path deep = Files.createDirectories(root.resolve("a/b c/d"));
        Files.writeString(deep.resolve("Größe 世界 \uD83D\uDE80.txt"), "unicode name");
        Path copy = directory.resolve("copy");

        Report report = FilesClient.mirror("localhost:" + server.getPort(), copy);

        assertThat(report.files()).isEqualTo(4);
        assertThat(report.bytes()).isEqualTo(5_000_000 + FileDownload.CHUNK_BYTES + 12);
        assertThat(report.callsPerSecond()).isPositive();
        try (var originals = Files.walk(root).filter(Files::isRegularFile)) {
            originals.forEach(file ->
                    assertThat(copy.resolve(root.relativize(file))).hasSameBinaryContentAs(file));
        }
    }

    @Test
    void linesOfAReportCanBeReadAgain() {
        Report report = new Report("local", 3, 1L << 40, 1.5, 200_000, "2 by queue, 1 by section");

        assertThat(Report.fromLine(report.toLine())).isEqualTo(report);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret.txt", "a/../../secret.txt", "..", "/etc/passwd", "a/..", "x\0y"})
    void pathThatLeadsOutIsRefused(String path) throws IOException {
        Files.createDirectory(root.resolve("a"));

        assertThatThrownBy(() -> read(path)).satisfies(FilesServiceTest::isRefused);
        assertThatThrownBy(() -> write(path, noise(3))).satisfies(FilesServiceTest::isRefused);
        assertThatThrownBy(() -> files().hash(
                        HashRequest.newBuilder().setPath(path).build()))
                .satisfies(FilesServiceTest::isRefused);
        assertThat(directory.resolve("secret.txt")).hasContent("outside");
    }

    private static void isRefused(Throwable thrown) {
        assertThat(Status.fromThrowable(thrown).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void linkThatLeadsOutIsRefused() throws IOException {
        Files.createSymbolicLink(root.resolve("file-link"), directory.resolve("secret.txt"));
        Files.createSymbolicLink(root.resolve("directory-link"), directory);

        assertThatThrownBy(() -> read("file-link")).satisfies(FilesServiceTest::isRefused);
        assertThatThrownBy(() -> read("directory-link/secret.txt")).satisfies(FilesServiceTest::isRefused);
        assertThatThrownBy(() -> write("file-link", noise(3))).satisfies(FilesServiceTest::isRefused);
        assertThatThrownBy(() -> write("directory-link/new/file", noise(3))).satisfies(FilesServiceTest::isRefused);
        assertThat(directory.resolve("secret.txt")).hasContent("outside");
        assertThat(directory.resolve("new")).doesNotExist();
    }

    @Test
    void listingShowsNoLinks() throws IOException {
        Files.createSymbolicLink(root.resolve("link"), directory);
        Files.writeString(root.resolve("b"), "bb");
        Files.writeString(root.resolve("a"), "a");

        List<String> paths = new ArrayList<>();
        files().list(ListRequest.getDefaultInstance()).forEachRemaining(entry -> paths.add(entry.getPath()));

        assertThat(paths).containsExactly("a", "b");
    }

    @Test
    void writtenFileAppearsWithItsDirectoriesAndReplacesTheOld() throws Exception {
        byte[] first = noise(1_000_000);
        byte[] second = noise(7);

        FileEntry entry = write("new/dir/file", first, second);
        assertThat(entry.getBytes()).isEqualTo(1_000_007);
        assertThat(read("new/dir/file").size()).isEqualTo(1_000_007);

        assertThat(write("new/dir/file").getBytes()).isZero();
        assertThat(root.resolve("new/dir/file")).isEmptyFile();
    }

    @Test
    void abandonedWriteLeavesNothing() throws Exception {
        BlockingClientCall<WriteRequest, FileEntry> call =
                FilesGrpc.newBlockingV2Stub(channel).write();
        call.write(WriteRequest.newBuilder()
                .setPath("half")
                .setContent(ByteString.copyFromUtf8("half"))
                .build());
        call.cancel("no more", null);
        assertThatThrownBy(call::read).isInstanceOf(StatusException.class);
        server.shutdown().awaitTermination();

        assertThat(root).isEmptyDirectory();
    }

    @Test
    void missingFileIsNotFound() {
        assertThatThrownBy(() -> read("nothing"))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        thrown -> assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void searchFindsLinesInTextAndSkipsTheRest() throws IOException {
        Files.writeString(root.resolve("a.txt"), "one\nneedle two\nthree needle\n");
        Files.write(root.resolve("binary"), new byte[] {(byte) 0xff, 'n', 'e', 'e', 'd', 'l', 'e'});
        Files.writeString(root.resolve("z.txt"), "needle");

        List<Match> all = search(0);

        assertThat(all).extracting(Match::getPath).containsExactly("a.txt", "a.txt", "z.txt");
        assertThat(all).extracting(Match::getLine).containsExactly(2, 3, 1);
        assertThat(search(2)).hasSize(2);
    }

    private List<Match> search(int maxMatches) {
        List<Match> matches = new ArrayList<>();
        files().search(SearchRequest.newBuilder()
                        .setText("needle")
                        .setMaxMatches(maxMatches)
                        .build())
                .forEachRemaining(matches::add);
        return matches;
    }
}
