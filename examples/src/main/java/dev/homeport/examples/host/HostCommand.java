package dev.homeport.examples.host;

import dev.homeport.HomeportChannelBuilder;
import dev.homeport.examples.Examples;
import dev.homeport.examples.host.proto.DisksRequest;
import dev.homeport.examples.host.proto.HostGrpc;
import dev.homeport.examples.host.proto.HostReply;
import dev.homeport.examples.host.proto.HostRequest;
import dev.homeport.examples.host.proto.Limit;
import dev.homeport.examples.host.proto.LimitsReply;
import dev.homeport.examples.host.proto.LimitsRequest;
import dev.homeport.examples.host.proto.Process;
import dev.homeport.examples.host.proto.ProcessesRequest;
import dev.homeport.examples.host.proto.Resource;
import dev.homeport.examples.host.proto.SetLimitRequest;
import dev.homeport.examples.host.proto.WatchRequest;
import io.grpc.ManagedChannel;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** The client of the daemon, and the daemon: {@code host about}, {@code host serve} and so on. */
@Command(name = "host", mixinStandardHelpOptions = true, scope = ScopeType.INHERIT,
        description = "Asks about this host, or answers (serve).",
        subcommands = HostServer.class)
public final class HostCommand {
    private static final double MEBIBYTE = 1 << 20;
    private static final double GIBIBYTE = 1 << 30;
    private static final long PATIENCE_SECONDS = 10;

    @Option(names = "--target", defaultValue = "lpc:host", description = "The daemon: ${DEFAULT-VALUE}.")
    private String target = "";

    private HostCommand() {}

    public static void main(String[] arguments) {
        System.exit(Examples.run(new HostCommand(), arguments));
    }

    private void with(Consumer<HostGrpc.HostBlockingStub> calls) {
        ManagedChannel channel = HomeportChannelBuilder.forTarget(target).build();
        try {
            calls.accept(HostGrpc.newBlockingStub(channel));
        } finally {
            channel.shutdownNow();
        }
    }

    private void ask(Consumer<HostGrpc.HostBlockingStub> calls) {
        with(host -> calls.accept(host.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)));
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }

    @Command(description = "Tells of the host as a whole, and who it takes you for.")
    void about() {
        ask(host -> {
            HostReply about = host.about(HostRequest.getDefaultInstance());
            print("%s, Linux %s, up %d s, load %.2f", about.getName(), about.getKernel(), about.getUp().getSeconds(),
                    about.getLoad());
            print("%d processors, %.1f of %.1f GiB available", about.getProcessors(),
                    about.getAvailableBytes() / GIBIBYTE, about.getMemoryBytes() / GIBIBYTE);
            print("you are uid=%d pid=%d%s", about.getCaller().getUid(), about.getCaller().getPid(),
                    about.getCaller().getRoot() ? ", root" : "");
        });
    }

    @Command(description = "Lists processes: yours in detail, others' in outline, all for root.")
    void processes(@Option(names = "--own", description = "Only what is shown in detail.") boolean own) {
        ask(host -> host.processes(ProcessesRequest.newBuilder().setOwn(own).build())
                .forEachRemaining(process -> print("%s", line(process))));
    }

    private static String line(Process process) {
        String outline = String.format(Locale.ROOT, "%7d %-10s %-15s",
                process.getPid(), process.getUser(), process.getName());
        if (!process.hasDetail()) {
            return outline;
        }
        return outline + String.format(Locale.ROOT, " %8.1f MiB %3d threads %3d files  %s",
                process.getDetail().getResidentBytes() / MEBIBYTE, process.getDetail().getThreads(),
                process.getDetail().getDescriptors(), String.join(" ", process.getDetail().getCommandList()));
    }

    @Command(description = "Tells of processes as they begin and end, until interrupted.")
    void watch() {
        with(host -> host.watch(WatchRequest.getDefaultInstance())
                .forEachRemaining(event -> print("%-7s %s", event.getKind(), line(event.getProcess()))));
    }

    @Command(description = "Lists disks.")
    void disks() {
        ask(host -> host.disks(DisksRequest.getDefaultInstance())
                .forEachRemaining(disk -> print("%-24s %-10s %8.1f of %8.1f GiB free%s  %s",
                        disk.getMountedAt(), disk.getType(), disk.getUsableBytes() / GIBIBYTE,
                        disk.getTotalBytes() / GIBIBYTE, disk.getReadOnly() ? ", read only" : "", disk.getDevice())));
    }

    @Command(description = "Tells the limits of one process.")
    void limits(@Parameters(arity = "0..1", defaultValue = "0", paramLabel = "PID",
            description = "Your own or, for root, any; this command's if none is given.") int pid) {
        ask(host -> print(host.limits(LimitsRequest.newBuilder().setPid(pid).build())));
    }

    @Command(name = "set-limit", description = "Sets a limit of one process: root only.")
    void setLimit(
            @Parameters(paramLabel = "PID") int pid,
            @Parameters(paramLabel = "RESOURCE", description = "OPEN_FILES, PROCESSES, CORE_BYTES or LOCKED_BYTES.")
                    Resource resource,
            @Parameters(paramLabel = "SOFT") long soft,
            @Parameters(paramLabel = "HARD") long hard) {
        ask(host -> print(host.setLimit(SetLimitRequest.newBuilder()
                .setPid(pid)
                .setResource(resource)
                .setSoft(soft)
                .setHard(hard)
                .build())));
    }

    private static void print(LimitsReply reply) {
        for (Limit limit : reply.getLimitsList()) {
            print("%-26s %20s %20s %s", limit.getName(),
                    limit.hasSoft() ? Long.toUnsignedString(limit.getSoft()) : "unlimited",
                    limit.hasHard() ? Long.toUnsignedString(limit.getHard()) : "unlimited", limit.getUnit());
        }
    }
}
