package dev.homeport.generic;

import static dev.homeport.generic.GenericFixture.statusOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.homeport.generic.proto.OrdersProto;
import io.grpc.Status;
import java.io.IOException;
import java.util.Iterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls in JSON, and JSON that no call can be made of. */
@Timeout(30)
class JsonTest {
    private static final String PLACE = "homeport.test.Orders/Place";

    private GenericFixture fixture;
    private JsonStub stub;

    @BeforeEach
    void start() throws IOException {
        fixture = new GenericFixture();
        stub = GenericStub.of(fixture.channel, Schema.of(OrdersProto.getDescriptor())).json();
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void everyKindOfFieldIsTaken() {
        String reply = stub.unary(PLACE, """
                {"customer": "Ada", "items": [{"productName": "tea", "count": 2}, {"product_name": "milk"}],
                 "counts": {"a": 1}, "kind": "URGENT", "within": "1.5s", "parent": {"customer": "Grace"},
                 "extra": {"@type": "type.googleapis.com/homeport.test.Item", "count": 7}, "seal": "AAEC"}""");

        assertThat(reply).contains("\"text\": \"for Ada\"").contains("\"number\": \"2\"");
    }

    @Test
    void streamOfRepliesIsIterated() {
        Iterator<String> replies = stub.serverStreaming("homeport.test.Orders/Watch", "{\"items\": [{}, {}]}");
        assertThat(replies.next()).contains("\"number\": \"2\"");
        replies.next();
        assertThat(replies.hasNext()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"nope\": 1} | unknown field nope in homeport.test.Order",
        "{\"items\": [{}, {\"price\": 1}]} | unknown field items[1].price in homeport.test.Item",
        "{\"items\": [{\"count\": \"many\"}]} | field items[0].count (int32)",
        "{\"items\": {}} | field items (homeport.test.Item)",
        "{\"customer\": 7e1, \"parent\": {\"kind\": \"SLOW\"}} | field parent.kind (homeport.test.Kind)",
        "{\"counts\": {\"a\": 1, \"b\": true}} | field counts[\"b\"]",
        "{\"within\": \"soon\"} | field within (google.protobuf.Duration)",
        "{\"extra\": {\"@type\": \"type.googleapis.com/homeport.test.Gone\"}} | field extra (google.protobuf.Any)",
        "{\"parent\": 5} | field parent must be an object",
        "[] | must be an object",
        "{\"customer\": | malformed",
        "{\"customer\": \"a\" \"kind\"} | malformed: at line 1 column 19 path $.customer",
        "nonsense | JSON is not a homeport.test.Order",
        "'' | JSON is not a homeport.test.Order"
    })
    void whatIsWrongIsNamed(String json, String named) {
        Status status = statusOf(() -> stub.unary(PLACE, json));
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains(named);
    }

    @Test
    void jsonThatIsTooDeepIsRefused() {
        String deep = "{\"parent\":".repeat(100_000);
        assertThat(statusOf(() -> stub.unary(PLACE, deep)).getDescription()).contains("too deep").contains("max=100");
        String array = "{\"items\":" + "[".repeat(1_000_000);
        assertThat(statusOf(() -> stub.unary(PLACE, array)).getDescription()).contains("too deep");
    }

    @Test
    void jsonJustWithinTheDepthIsTaken() {
        String nested = "{\"parent\":".repeat(60) + "{}" + "}".repeat(60);
        assertThat(stub.unary(PLACE, nested)).contains("for ");
    }

    @Test
    void jsonThatIsTooLargeIsRefused() {
        String large = "{\"customer\": \"" + "x".repeat(5 * 1024 * 1024) + "\"}";
        Status status = statusOf(() -> stub.unary(PLACE, large));
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains("too large").contains("max=" + 4 * 1024 * 1024);
    }

    @Test
    void bracketsInStringsAreNotDepth() {
        String text = "{\"customer\": \"" + "[{\\\"".repeat(500) + "\"}";
        assertThat(stub.unary(PLACE, text)).contains("for [{");
    }
}
