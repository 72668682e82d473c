package dev.homeport.testkit.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.homeport.AccessRule;
import dev.homeport.HomeportServerBuilder;
import dev.homeport.RoutePolicy;
import dev.homeport.testkit.EchoService;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.Nothing;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may call what, for callers of the server's own user and by TCP; those of other users are other processes. */
@Timeout(30)
@Tag("lpc")
class AccessRuleTest {
    private static final String UNARY = EchoGrpc.SERVICE_NAME + "/Unary";

    private static BothRoutes serve(Consumer<HomeportServerBuilder> rules) {
        return new BothRoutes(builder -> rules.accept(builder.addService(EchoService.definition())));
    }

    private static Status unary(BothRoutes routes, RoutePolicy route) {
        return statusOf(() -> EchoGrpc.newBlockingStub(routes.channel(route)).unary(Payload.request(1, 1)));
    }

    private static Status empty(BothRoutes routes, RoutePolicy route) {
        return statusOf(() -> EchoGrpc.newBlockingStub(routes.channel(route)).empty(Nothing.getDefaultInstance()));
    }

    private static Status missing(BothRoutes routes, RoutePolicy route) {
        return statusOf(() -> EchoGrpc.newBlockingStub(routes.channel(route)).missing(Nothing.getDefaultInstance()));
    }

    private static Status statusOf(Runnable call) {
        try {
            call.run();
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    private static void assertRefused(Status status) {
        assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(status.getDescription()).isEqualTo("not allowed");
    }

    @Test
    void withoutARuleBothRoutesServe() {
        try (BothRoutes routes = serve(builder -> {})) {
            assertThat(unary(routes, RoutePolicy.LOCAL).isOk()).isTrue();
            assertThat(unary(routes, RoutePolicy.REMOTE).isOk()).isTrue();
        }
    }

    @Test
    void ruleOfTheServerRefusesCallersByTcp() {
        try (BothRoutes routes = serve(builder -> builder.access(AccessRule.sameUser()))) {
            assertThat(unary(routes, RoutePolicy.LOCAL).isOk()).isTrue();
            assertRefused(unary(routes, RoutePolicy.REMOTE));
        }
    }

    @Test
    void ruleWithRemoteServesCallersByTcp() {
        AccessRule rule = AccessRule.sameUser().or(AccessRule.remote());
        try (BothRoutes routes = serve(builder -> builder.access(rule))) {
            assertThat(unary(routes, RoutePolicy.LOCAL).isOk()).isTrue();
            assertThat(unary(routes, RoutePolicy.REMOTE).isOk()).isTrue();
        }
    }

    @Test
    void narrowestRuleDecides() {
        try (BothRoutes routes = serve(builder -> builder.access(AccessRule.remote())
                .access(EchoGrpc.SERVICE_NAME, AccessRule.sameUser())
                .access(UNARY, AccessRule.remote()))) {
            assertThat(unary(routes, RoutePolicy.REMOTE).isOk()).isTrue();
            assertRefused(empty(routes, RoutePolicy.REMOTE));
            assertThat(empty(routes, RoutePolicy.LOCAL).isOk()).isTrue();
        }
    }

    @Test
    void ruleOfOneMethodLeavesTheOthersAlone() {
        try (BothRoutes routes = serve(builder -> builder.access(UNARY, AccessRule.user(12_345)))) {
            assertRefused(unary(routes, RoutePolicy.REMOTE));
            assertThat(empty(routes, RoutePolicy.REMOTE).isOk()).isTrue();
            assertThat(unary(routes, RoutePolicy.LOCAL).isOk()).isTrue();
            assertThat(missing(routes, RoutePolicy.LOCAL).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        }
    }

    @Test
    void namesAreLookedUp() {
        assertThat(AccessRule.user("root").uids()).containsExactly(0);
        assertThat(AccessRule.group("root").gids()).containsExactly(0);
        assertThatThrownBy(() -> AccessRule.user("nobody-has-this-name")).hasMessageContaining("nobody-has-this-name");
        assertThatThrownBy(() -> AccessRule.group(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
