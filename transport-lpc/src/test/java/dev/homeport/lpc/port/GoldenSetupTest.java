package dev.homeport.lpc.port;

import com.google.protobuf.ByteString;
import dev.homeport.idl.v1.ConnectReply;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.lpc.Golden;
import dev.homeport.spi.LocalTransport.Setup;
import org.junit.jupiter.api.Test;

/** The bytes of set-up's messages with every field, each behind its length. */
class GoldenSetupTest {

    @Test
    void requestForALargeReply() {
        Setup client = new Setup("cl", "ua", "au", 8192, 65536, true, 1).withSections(1, 4096);

        ConnectRequest request = SetupMessages.request(client)
                .setDirectNonce(ByteString.copyFrom(new byte[] {1, 2}))
                .setDirectAddress(4096)
                .build();

        Golden.assertBytes(Envelope.bytesOf(request), """
                2b 00 00 00 | length
                08 01       | 1 min_version = 1
                10 01       | 2 max_version = 1
                1a 02 63 6c | 3 client_name = cl
                22 02 75 61 | 4 user_agent = ua
                2a 02 61 75 | 5 authority = au
                30 80 80 02 | 6 queue_bytes = 32768
                38 01       | 7 large_requests
                40 80 20    | 8 wanted_section_bytes = 4096
                48 01       | 9 large_replies
                50 80 40    | 10 max_metadata_bytes = 8192
                58 80 80 04 | 11 window_bytes = 65536
                60 01       | 12 callbacks
                6a 02 01 02 | 13 direct_nonce = 01 02
                70 80 20    | 14 direct_address = 4096
                """);
    }

    @Test
    void reply() {
        Setup server = new Setup("se", "", "", 8192, 65536, true, 1);

        Golden.assertBytes(Envelope.bytesOf(SetupMessages.reply(server, DirectProbe.Answer.no("no"))), """
                18 00 00 00 | length
                18 01       | 3 version = 1
                22 02 73 65 | 4 server_name = se
                28 80 80 02 | 5 queue_bytes = 32768
                30 80 40    | 6 max_metadata_bytes = 8192
                38 80 80 04 | 7 window_bytes = 65536
                40 80 38    | 8 small_message_bytes = 7168
                52 02 6e 6f | 10 direct_refusal = no
                """);
    }

    @Test
    void refusal() {
        Golden.assertBytes(Envelope.bytesOf(SetupMessages.refusal(ConnectReply.Refusal.LIMIT, "no")), """
                06 00 00 00 | length
                08 03       | 1 refusal = LIMIT
                12 02 6e 6f | 2 detail = no
                """);
    }
}
