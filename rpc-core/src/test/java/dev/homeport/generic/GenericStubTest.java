package dev.homeport.generic;

import static dev.homeport.generic.GenericFixture.statusOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.homeport.generic.proto.Item;
import dev.homeport.generic.proto.Order;
import dev.homeport.generic.proto.OrdersGrpc;
import dev.homeport.generic.proto.OrdersProto;
import dev.homeport.generic.proto.Receipt;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls by name in every shape, with descriptors from every source, and what goes wrong with them. */
@Timeout(30)
class GenericStubTest {
    private static final String PLACE = "homeport.test.Orders/Place";
    private static final String WATCH = "homeport.test.Orders/Watch";

    private GenericFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = new GenericFixture();
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    /** Where descriptors come from. */
    enum Source {
        FILE,
        GENERATED,
        DESCRIPTOR_SET,
        REFLECTION;

        GenericStub stub(GenericFixture fixture) {
            return switch (this) {
                case FILE -> GenericStub.of(fixture.channel, Schema.of(OrdersProto.getDescriptor()));
                case GENERATED -> GenericStub.of(fixture.channel, Schema.of(OrdersGrpc.getServiceDescriptor()));
                case DESCRIPTOR_SET -> GenericStub.of(fixture.channel, Schema.of(descriptorSet()));
                case REFLECTION -> GenericStub.byReflection(fixture.channel);
            };
        }
    }

    /** Without the well-known types. */
    private static FileDescriptorSet descriptorSet() {
        return FileDescriptorSet.newBuilder().addFile(OrdersProto.getDescriptor().toProto()).build();
    }

    private GenericStub stub() {
        return Source.FILE.stub(fixture);
    }

    private static Order order(String customer, int items) {
        Order.Builder order = Order.newBuilder().setCustomer(customer);
        Stream.generate(Item::getDefaultInstance).limit(items).forEach(order::addItems);
        return order.build();
    }

    private static String text(Message receipt) {
        return (String) receipt.getField(receipt.getDescriptorForType().findFieldByName("text"));
    }

    @ParameterizedTest
    @EnumSource
    void unaryMethodAnswersADynamicMessage(Source source) {
        GenericStub stub = source.stub(fixture);
        DynamicMessage.Builder request = stub.newRequest(PLACE);
        request.setField(request.getDescriptorForType().findFieldByName("customer"), "Ada");

        assertThat(text(stub.unary(PLACE, request.build()))).isEqualTo("for Ada");
        assertThat(stub.schema().services()).contains("homeport.test.Orders");
    }

    @Test
    void generatedMessageIsTakenAsWell() throws Exception {
        GenericStub stub = Source.REFLECTION.stub(fixture);

        DynamicMessage reply = stub.futureUnary(PLACE, order("Grace", 3)).get(10, TimeUnit.SECONDS);

        assertThat(Receipt.parseFrom(reply.toByteString()))
                .isEqualTo(Receipt.newBuilder().setText("for Grace").setNumber(3).build());
    }

    @Test
    void streamOfRepliesIsIterated() throws InterruptedException {
        Iterator<DynamicMessage> replies = stub().serverStreaming(WATCH, order("Ada", 2));
        assertThat(List.of(text(replies.next()), text(replies.next()))).containsOnly("for Ada");
        assertThat(replies.hasNext()).isFalse();

        GenericFixture.Heard<DynamicMessage> heard = new GenericFixture.Heard<>();
        stub().serverStreaming(WATCH, order("Ada", 1), heard);
        assertThat(heard.next()).isInstanceOf(DynamicMessage.class);
        assertThat(heard.next()).isEqualTo(Status.OK);
    }

    @Test
    void streamOfRequestsIsCounted() throws InterruptedException {
        GenericFixture.Heard<String> heard = new GenericFixture.Heard<>();
        StreamObserver<String> orders = stub().json().clientStreaming("homeport.test.Orders/Batch", heard);
        orders.onNext("{}");
        assertThat(statusOf(() -> orders.onNext("{\"nope\": 1}")).getDescription()).contains("unknown field nope");
        orders.onNext("{\"customer\": \"Ada\"}");
        orders.onCompleted();

        assertThat(heard.next()).asString().contains("\"number\": \"2\"");
        assertThat(heard.next()).isEqualTo(Status.OK);
    }

    @Test
    void streamsBothWaysAnswerEachRequest() throws InterruptedException {
        GenericFixture.Heard<DynamicMessage> heard = new GenericFixture.Heard<>();
        StreamObserver<Message> orders = stub().bidiStreaming("homeport.test.Orders/Chat", heard);
        orders.onNext(order("Ada", 0));
        assertThat(text((Message) heard.next())).isEqualTo("for Ada");
        assertThat(statusOf(() -> orders.onNext(Item.getDefaultInstance())).getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        orders.onNext(order("Grace", 0));
        assertThat(text((Message) heard.next())).isEqualTo("for Grace");
        orders.onCompleted();
        assertThat(heard.next()).isEqualTo(Status.OK);
    }

    @Test
    void statusOfTheServerIsThatOfAnyStub() {
        Status status = statusOf(() -> stub().unary(PLACE, order("nobody", 0)));
        assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(status.getDescription()).isEqualTo("no such customer");
    }

    @Test
    void deadlineOfTheStubHolds() {
        GenericStub late = stub().withDeadlineAfter(0, TimeUnit.NANOSECONDS);
        assertThat(statusOf(() -> late.unary(PLACE, order("Ada", 0))).getCode())
                .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @ParameterizedTest
    @EnumSource
    void unknownNamesAreNamedWithWhatThereIs(Source source) {
        GenericStub stub = source.stub(fixture);

        Status method = statusOf(() -> stub.unary("homeport.test.Orders/Plaice", order("Ada", 0)));
        assertThat(method.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(method.getDescription()).contains("homeport.test.Orders/Plaice").contains("Batch, Chat, Place, Watch");
        Status service = statusOf(() -> stub.unary("homeport.test.Odors/Place", order("Ada", 0)));
        assertThat(service.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(service.getDescription()).contains("homeport.test.Odors;").contains("homeport.test.Orders");
    }

    @Test
    void nameWithoutAServiceIsRefused() {
        for (String name : List.of("Place", "/Place", "homeport.test.Orders/", "")) {
            assertThat(statusOf(() -> stub().method(name)).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        }
    }

    @Test
    void methodOfAnotherShapeIsNamed() {
        Status status = statusOf(() -> stub().unary(WATCH, order("Ada", 0)));
        assertThat(status.getDescription()).contains(WATCH).contains("SERVER_STREAMING").contains("UNARY");
        assertThat(stub().method(WATCH).type()).isEqualTo(MethodType.SERVER_STREAMING);
    }

    @Test
    void messageOfAnotherTypeIsNamed() {
        Status status = statusOf(() -> stub().unary(PLACE, Item.getDefaultInstance()));
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains("homeport.test.Order,").contains("homeport.test.Item");
    }

    @Test
    void descriptorSetThatLacksAnImportSaysWhich() {
        FileDescriptorSet set = FileDescriptorSet.newBuilder()
                .addFile(OrdersProto.getDescriptor().toProto().toBuilder().addDependency("missing.proto"))
                .build();
        assertThatThrownBy(() -> Schema.of(set))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing.proto");
    }

    @Test
    void fileThatImportsItselfIsRefused() {
        FileDescriptorSet set = FileDescriptorSet.newBuilder()
                .addFile(OrdersProto.getDescriptor().toProto().toBuilder().addDependency("homeport/test/orders.proto"))
                .build();
        assertThatThrownBy(() -> Schema.of(set)).hasMessageContaining("imports itself");
    }
}
