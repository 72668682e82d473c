package dev.homeport.examples.host;

import dev.homeport.AccessRule;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.examples.host.proto.HostGrpc;
import io.grpc.Server;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The daemon: {@code host serve}. It has no TCP; its connection port is its only door. */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false,
        description = {
            "Answers about this host, as root to whoever may call.",
            "Other users also need a runtime directory that they may pass: for root, /run/homeport of mode 0755."
        })
final class HostServer implements Callable<Integer> {
    /** Is followed by the name of the port. */
    static final String SERVING = "serving ";

    private static final String ANY = "any";
    private static final String USER = "user:";
    private static final String GROUP = "group:";

    @Option(names = "--name", defaultValue = "host", description = "Name of the connection port: ${DEFAULT-VALUE}.")
    private String name = "";

    @Option(names = "--allow", split = ",", defaultValue = ANY,
            description = "Who may call, beside root: any, user:NAME, group:NAME, each also by number.")
    private List<String> allowed = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (HostService service = new HostService()) {
            Server server = start(service, name, rule(allowed));
            Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
            System.out.println(SERVING + name);
            server.awaitTermination();
        }
        return 0;
    }

    private static Server start(HostService service, String name, AccessRule callers) throws IOException {
        return HomeportServerBuilder.forName(name)
                .addService(service)
                .addService(ProtoReflectionServiceV1.newInstance())
                .access(callers)
                .access(HostGrpc.getSetLimitMethod().getFullMethodName(), AccessRule.sameUser())
                .build()
                .start();
    }

    /** @throws IllegalArgumentException if there is no such user or group */
    static AccessRule rule(List<String> allowed) {
        AccessRule rule = AccessRule.sameUser();
        for (String one : allowed) {
            rule = rule.or(rule(one));
        }
        return rule;
    }

    private static AccessRule rule(String allowed) {
        if (allowed.equals(ANY)) {
            return AccessRule.anyLocalUser();
        }
        if (allowed.startsWith(USER)) {
            String user = allowed.substring(USER.length());
            return isNumber(user) ? AccessRule.user(Integer.parseInt(user)) : AccessRule.user(user);
        }
        if (allowed.startsWith(GROUP)) {
            String group = allowed.substring(GROUP.length());
            return isNumber(group) ? AccessRule.group(Integer.parseInt(group)) : AccessRule.group(group);
        }
        throw new IllegalArgumentException("not any, user:NAME or group:NAME: " + allowed);
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(Character::isDigit);
    }
}
