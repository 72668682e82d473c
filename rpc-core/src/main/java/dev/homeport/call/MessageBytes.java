package dev.homeport.call;

import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;

/** A message's bytes as a marshaller reads them. */
final class MessageBytes extends ByteArrayInputStream implements KnownLength {

    MessageBytes(byte[] bytes, int at, int length) {
        super(bytes, at, length);
    }
}
