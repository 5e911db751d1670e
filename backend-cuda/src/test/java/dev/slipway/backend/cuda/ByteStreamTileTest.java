package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ByteStreamTileTest {

  @Test
  void comesBackFromItsChoice() {
    List<ByteStreamTile> tiles = ByteStreamTile.all(256, 1, 1024);
    assertThat(tiles).isNotEmpty().allSatisfy(tile -> assertThat(ByteStreamTile.of(tile.choice())).isEqualTo(tile));
  }

  @Test
  void isNotWiderThanTheOutputs() {
    assertThat(ByteStreamTile.all(64, 9, 40)).isNotEmpty().allSatisfy(tile -> assertThat(tile.columns()).isEqualTo(64));
  }

  @Test
  void takesDeepStepsWhereTheyAreFull() {
    assertThat(ByteStreamTile.all(384, 1, 64)).allSatisfy(tile -> assertThat(tile.depth()).isEqualTo(128));
    assertThat(ByteStreamTile.all(96, 1, 64)).allSatisfy(tile -> assertThat(tile.depth()).isEqualTo(64));
  }
}
