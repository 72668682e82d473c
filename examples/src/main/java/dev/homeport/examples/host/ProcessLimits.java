package dev.homeport.examples.host;

import dev.homeport.examples.host.proto.Limit;
import dev.homeport.examples.host.proto.LimitsReply;
import dev.homeport.examples.host.proto.Resource;
import dev.homeport.examples.host.proto.SetLimitRequest;
import io.grpc.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The limits of processes: read from {@code /proc}, set by util-linux' {@code prlimit}. Thread-safe. */
final class ProcessLimits {
    private static final Pattern LINE = Pattern.compile("(.+?)\\s{2,}(\\S+)\\s+(\\S+)\\s*(\\S*)\\s*");
    private static final String NONE = "unlimited";
    private static final long PATIENCE_SECONDS = 5;

    /**
     * The limits of a process that the viewer may see. One that is not there and one that may not be seen are refused
     * alike, so that a refusal tells nothing.
     */
    LimitsReply read(int pid, Viewer viewer) {
        try {
            ProcessFiles files = ProcessFiles.of(pid);
            ProcessIdentity before = files.identity();
            LimitsReply reply = parse(pid, files);
            if (viewer.sees(before) && files.identity().equals(before)) {
                return reply;
            }
        } catch (IOException e) {
            if (viewer.isRoot()) {
                throw Status.NOT_FOUND.withDescription("no such process: pid=" + pid).asRuntimeException();
            }
        }
        throw Status.PERMISSION_DENIED.withDescription("not allowed").asRuntimeException();
    }

    private static LimitsReply parse(int pid, ProcessFiles files) throws IOException {
        LimitsReply.Builder reply = LimitsReply.newBuilder().setPid(pid);
        for (String line : files.limits()) {
            Matcher fields = LINE.matcher(line);
            if (fields.matches()) {
                Limit.Builder limit = reply.addLimitsBuilder().setName(fields.group(1)).setUnit(fields.group(4));
                if (!fields.group(2).equals(NONE)) {
                    limit.setSoft(Long.parseUnsignedLong(fields.group(2)));
                }
                if (!fields.group(3).equals(NONE)) {
                    limit.setHard(Long.parseUnsignedLong(fields.group(3)));
                }
            }
        }
        return reply.build();
    }

    /** Sets a limit. Who may is not asked here: the rule of the method has said so. */
    void set(SetLimitRequest request) throws IOException, InterruptedException {
        String option = option(request.getResource());
        if (option == null || request.getPid() <= 0) {
            throw Status.INVALID_ARGUMENT.withDescription("no pid or resource").asRuntimeException();
        }
        java.lang.Process prlimit = new ProcessBuilder(
                        "prlimit",
                        "--pid=" + request.getPid(),
                        "--" + option + "=" + Long.toUnsignedString(request.getSoft()) + ":"
                                + Long.toUnsignedString(request.getHard()))
                .redirectErrorStream(true)
                .start();
        try {
            if (!prlimit.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("prlimit did not end within " + PATIENCE_SECONDS + " s");
            }
            if (prlimit.exitValue() != 0) {
                String said = new String(prlimit.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                throw Status.FAILED_PRECONDITION.withDescription(said).asRuntimeException();
            }
        } finally {
            prlimit.destroyForcibly();
        }
    }

    private static @Nullable String option(Resource resource) {
        return switch (resource) {
            case OPEN_FILES -> "nofile";
            case PROCESSES -> "nproc";
            case CORE_BYTES -> "core";
            case LOCKED_BYTES -> "memlock";
            case RESOURCE_UNSPECIFIED, UNRECOGNIZED -> null;
        };
    }
}
