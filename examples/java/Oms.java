import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.function.Predicate;

import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What an order-management system in Java does with the connector's topics: write a record, wait for what is answered.
 *
 * <pre>
 * java -cp 'examples/java/lib/*' examples/java/Oms.java stock A2EXAMPLE WH1 SKU-1=7 SKU-2=0
 * java -cp 'examples/java/lib/*' examples/java/Oms.java confirm A2EXAMPLE SHP0000001
 * </pre>
 *
 * Records are Avro's single objects, which need no schema registry. KAFKA and SCHEMAS name other places than those of one
 * machine. Java's own partitioner sends a record where its merchant's others are, so nothing is to be set.
 */
public final class Oms {
    static final String KAFKA = System.getenv().getOrDefault("KAFKA", "localhost:29092");
    static final Path SCHEMAS = Path.of(System.getenv().getOrDefault("SCHEMAS", "schemas"));
    static final Duration PATIENCE = Duration.ofSeconds(120);
    static final GenericData MODEL = model();

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "stock" -> stock(arguments[1], arguments[2], List.of(arguments).subList(3, arguments.length));
            case "confirm" -> confirm(arguments[1], arguments[2]);
            default -> throw new IllegalArgumentException(arguments[0] + ": say stock or confirm");
        }
    }

    /** One update each. Each is answered once, by a result of its own or as one that a newer update has superseded. */
    static void stock(String merchant, String location, List<String> counts) throws Exception {
        Schema schema = schema("inventory_update");
        List<GenericRecord> updates = new ArrayList<>();
        for (String count : counts) {
            String[] parts = count.split("=");
            updates.add(new GenericRecordBuilder(schema)
                .set("update_id", UUID.randomUUID().toString())
                .set("merchant_id", merchant)
                .set("location_id", location)
                .set("sku", parts[0])
                .set("quantity", Integer.valueOf(parts[1]))
                .set("occurred_at", Instant.now())
                .build());
        }
        Set<String> waiting = new HashSet<>();
        updates.forEach(update -> waiting.add(update.get("update_id").toString()));
        try (Inbox results = new Inbox("connector.inventory-results", "inventory_result")) {
            send("oms.inventory", schema, updates);
            while (!waiting.isEmpty()) {
                GenericRecord result = results.first(record -> answered(record).stream().anyMatch(waiting::contains));
                waiting.removeAll(answered(result));
                System.out.printf(
                    "%s: %s %s units, sequence %s%n",
                    result.get("sku"), result.get("outcome"), result.get("quantity"), result.get("sequence"));
            }
        }
    }

    static Set<String> answered(GenericRecord result) {
        Set<String> updates = new HashSet<>(Set.of(result.get("update_id").toString()));
        ((List<?>) result.get("superseded_update_ids")).forEach(update -> updates.add(update.toString()));
        return updates;
    }

    /** A command's action is a union of records: the one that is meant says what is to be done. */
    static void confirm(String merchant, String shipment) throws Exception {
        Schema schema = schema("order_command");
        Schema confirm = schema.getField("action").schema().getTypes().stream()
            .filter(type -> type.getName().equals("Confirm")).findFirst().orElseThrow();
        String commandId = UUID.randomUUID().toString();
        GenericRecord command = new GenericRecordBuilder(schema)
            .set("command_id", commandId)
            .set("merchant_id", merchant)
            .set("shipment_id", shipment)
            .set("issued_at", Instant.now())
            .set("action", new GenericRecordBuilder(confirm).build())
            .build();
        try (Inbox results = new Inbox("connector.command-results", "command_result")) {
            send("oms.order-commands", schema, List.of(command));
            GenericRecord result = results.first(record -> record.get("command_id").toString().equals(commandId));
            System.out.printf("Confirm: %s %s %s%n", result.get("outcome"), result.get("code"), result.get("message"));
        }
    }

    /** Returns when Kafka has them. */
    static void send(String topic, Schema schema, List<GenericRecord> records) throws Exception {
        BinaryMessageEncoder<GenericRecord> encoder = new BinaryMessageEncoder<>(MODEL, schema);
        Map<String, Object> config = Map.of("bootstrap.servers", KAFKA, "enable.idempotence", true);
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (GenericRecord record : records) {
                ByteBuffer value = encoder.encode(record);
                byte[] bytes = new byte[value.remaining()];
                value.get(bytes);
                sent.add(producer.send(new ProducerRecord<>(topic, record.get("merchant_id").toString(), bytes)));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    static Schema schema(String name) throws IOException {
        return new Schema.Parser().parse(SCHEMAS.resolve(name + ".avsc").toFile());
    }

    static GenericData model() {
        GenericData model = new GenericData();
        model.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        model.addLogicalTypeConversion(new Conversions.DecimalConversion());
        return model;
    }

    /**
     * Reads the records of one topic that are written from now on. A system that runs for ever has a consumer group
     * instead, and commits what it has dealt with.
     */
    static final class Inbox implements AutoCloseable {
        private final KafkaConsumer<String, byte[]> consumer;
        private final BinaryMessageDecoder<GenericRecord> decoder;
        private final List<GenericRecord> read = new ArrayList<>();
        private final String topic;

        Inbox(String topic, String schema) throws IOException {
            this.topic = topic;
            decoder = new BinaryMessageDecoder<>(MODEL, schema(schema));
            Map<String, Object> config = Map.of("bootstrap.servers", KAFKA, "isolation.level", "read_committed");
            consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position); // asks Kafka now, not at the first poll
        }

        GenericRecord first(Predicate<GenericRecord> wanted) throws IOException {
            Instant deadline = Instant.now().plus(PATIENCE);
            while (Instant.now().isBefore(deadline)) {
                for (int at = 0; at < read.size(); at++) {
                    if (wanted.test(read.get(at))) {
                        return read.remove(at);
                    }
                }
                read.clear();
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    read.add(decoder.decode(record.value()));
                }
            }
            throw new IllegalStateException(
                "not on " + topic + " within " + PATIENCE.toSeconds() + " s; is it on connector.dead-letters?");
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
