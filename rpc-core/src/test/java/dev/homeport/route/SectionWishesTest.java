package dev.homeport.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BytesValue;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceOptions;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.WrappersProto;
import dev.homeport.idl.v1.HomeportOptions;
import dev.homeport.idl.v1.LargeMessages;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import org.junit.jupiter.api.Test;

class SectionWishesTest {
    private static final Setup PLAIN = new Setup("", "", "", 1, 1, false, 1);

    private final SectionWishes wishes = new SectionWishes();

    private static LargeMessages large(long request, long reply) {
        return LargeMessages.newBuilder().setRequestBytes(request).setReplyBytes(reply).build();
    }

    /** A method as a generated stub describes it. */
    private static MethodDescriptor<BytesValue, BytesValue> method(ServiceOptions ofService, MethodOptions ofMethod)
            throws DescriptorValidationException {
        FileDescriptor file = FileDescriptor.buildFrom(
                FileDescriptorProto.newBuilder()
                        .setName("test.proto")
                        .addDependency("google/protobuf/wrappers.proto")
                        .addService(ServiceDescriptorProto.newBuilder()
                                .setName("Store")
                                .setOptions(ofService)
                                .addMethod(MethodDescriptorProto.newBuilder()
                                        .setName("Put")
                                        .setInputType(".google.protobuf.BytesValue")
                                        .setOutputType(".google.protobuf.BytesValue")
                                        .setOptions(ofMethod)))
                        .build(),
                new FileDescriptor[] {WrappersProto.getDescriptor()});
        return MethodDescriptor.<BytesValue, BytesValue>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("Store/Put")
                .setRequestMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
                .setResponseMarshaller(ProtoUtils.marshaller(BytesValue.getDefaultInstance()))
                .setSchemaDescriptor(new Schema(file.getServices().getFirst()))
                .build();
    }

    private record Schema(ServiceDescriptor service) implements ProtoMethodDescriptorSupplier {
        @Override
        public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
            return service.getMethods().getFirst();
        }

        @Override
        public ServiceDescriptor getServiceDescriptor() {
            return service;
        }

        @Override
        public FileDescriptor getFileDescriptor() {
            return service.getFile();
        }
    }

    private static ServiceOptions service(LargeMessages sizes) {
        return ServiceOptions.newBuilder().setExtension(HomeportOptions.allLarge, sizes).build();
    }

    private static MethodOptions options(LargeMessages sizes) {
        return MethodOptions.newBuilder().setExtension(HomeportOptions.large, sizes).build();
    }

    @Test
    void methodThatSaysNothingAsksForNothing() throws Exception {
        wishes.note(method(ServiceOptions.getDefaultInstance(), MethodOptions.getDefaultInstance()));

        assertThat(wishes.addTo(PLAIN)).isEqualTo(PLAIN);
    }

    @Test
    void methodThatSaysItsSizesAsksForSectionsOfTwo() throws Exception {
        wishes.note(method(ServiceOptions.getDefaultInstance(), options(large(1_000_000, 3_000_000))));

        assertThat(wishes.addTo(PLAIN)).isEqualTo(PLAIN.withSections(2_000_000, 6_000_000));
    }

    @Test
    void methodIsStrongerThanItsService() throws Exception {
        wishes.note(method(service(large(50_000_000, 50_000_000)), options(large(0, 4_000_000))));

        assertThat(wishes.addTo(PLAIN)).isEqualTo(PLAIN.withSections(0, 8_000_000));
    }

    @Test
    void serviceSpeaksForMethodsThatSayNothingAndTheLargestCounts() throws Exception {
        wishes.note(method(service(large(5_000_000, 0)), MethodOptions.getDefaultInstance()));
        wishes.note(method(ServiceOptions.getDefaultInstance(), options(large(1_000_000, 1_000_000))));

        assertThat(wishes.addTo(PLAIN)).isEqualTo(PLAIN.withSections(10_000_000, 2_000_000));
    }

    @Test
    void sizeBeyondAllBoundsCountsAsTheLargestMessage() throws Exception {
        wishes.note(method(service(large(-1, Long.MAX_VALUE)), MethodOptions.getDefaultInstance()));

        assertThat(wishes.addTo(PLAIN)).isEqualTo(PLAIN.withSections(2L * Integer.MAX_VALUE, 2L * Integer.MAX_VALUE));
    }
}
