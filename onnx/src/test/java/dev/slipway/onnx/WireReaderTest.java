package dev.slipway.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.SlipwayException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WireReaderTest {

  private static WireReader reader(int... bytes) {
    byte[] raw = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      raw[i] = (byte) bytes[i];
    }
    return new WireReader(new ModelSource("m", MemorySegment.ofArray(raw), Optional.empty()));
  }

  @Test
  void readsVarints() {
    WireReader in = reader(0x08, 0x96, 0x01, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01);
    assertThat(in.next()).isTrue();
    assertThat(in.field()).isEqualTo(1);
    assertThat(in.varint()).isEqualTo(150);
    assertThat(in.next()).isTrue();
    assertThat(in.varint()).isEqualTo(-1);
    assertThat(in.next()).isFalse();
  }

  @Test
  void readsPackedAndSingleElements() {
    WireReader in = reader(0x0A, 0x02, 0x05, 0x06, 0x08, 0x07);
    Longs values = new Longs();
    while (in.next()) {
      in.varints(values);
    }
    assertThat(values.toArray()).containsExactly(5, 6, 7);
  }

  @Test
  void readsPackedAndSingleFloats() {
    WireReader in = reader(0x0A, 0x04, 0, 0, 0x80, 0x3F, 0x0D, 0, 0, 0, 0x40);
    List<Float> values = new ArrayList<>();
    while (in.next()) {
      in.floats(values);
    }
    assertThat(values).containsExactly(1f, 2f);
  }

  @Test
  void skipsFieldsOfEveryWireType() {
    WireReader in = reader(0x08, 0x01, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x1A, 0x01, 0x00, 0x25, 0, 0, 0, 0, 0x28, 0x03);
    long last = 0;
    while (in.next()) {
      if (in.field() == 5) {
        last = in.varint();
      } else {
        in.skip();
      }
    }
    assertThat(last).isEqualTo(3);
  }

  @Test
  void refusesLengthBeyondTheEnd() {
    WireReader in = reader(0x08, 0x01, 0x12, 0x05, 0x00);
    in.next();
    in.skip();
    in.next();
    assertThatThrownBy(in::bytes).isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("m: byte 2: field 2 takes 5 bytes (expected: at most 1, which are left");
  }

  @Test
  void refusesLengthOfMoreThan63Bits() {
    WireReader in = reader(0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01);
    in.next();
    assertThatThrownBy(in::message).isInstanceOf(SlipwayException.class).hasMessageContaining("18446744073709551615");
  }

  @Test
  void refusesNumberWithoutEnd() {
    assertThatThrownBy(() -> reader(0x80).next()).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("cut off");
    assertThatThrownBy(() -> reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01).next())
        .isInstanceOf(SlipwayException.class).hasMessageContaining("longer than 10 bytes");
  }

  @Test
  void refusesGroups() {
    WireReader in = reader(0x0B);
    in.next();
    assertThatThrownBy(in::skip).isInstanceOf(SlipwayException.class)
        .hasMessageStartingWith("m: byte 0: wire type: 3 (expected: 0, 1, 2 or 5;");
  }

  @Test
  void refusesMessagesNestedTooDeep() {
    WireWriter message = new WireWriter();
    for (int i = 0; i < 300; i++) {
      message = new WireWriter().message(1, message);
    }
    WireReader in = new WireReader(
        new ModelSource("m", MemorySegment.ofArray(message.toByteArray()), Optional.empty()));
    assertThatThrownBy(() -> descend(in)).isInstanceOf(SlipwayException.class)
        .hasMessageContaining("nested deeper than 200");
  }

  private static void descend(WireReader in) {
    while (in.next()) {
      descend(in.message());
    }
  }
}
