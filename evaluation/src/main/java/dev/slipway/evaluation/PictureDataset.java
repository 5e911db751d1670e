package dev.slipway.evaluation;

import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/** Pictures in files, decoded when they are read. */
record PictureDataset(String name, FileTree tree, List<Entry> entries) implements Dataset {

  /**
   * One picture.
   *
   * @param label from the decoded picture, since boxes may be relative to its size
   */
  record Entry(String file, OptionalInt category, Function<Image, Label> label) {

    static Entry unlabelled(String file) {
      return new Entry(file, OptionalInt.empty(), image -> new Label.None());
    }

    static Entry inCategory(String file, int index) {
      return new Entry(file, OptionalInt.of(index), image -> new Label.Category(index));
    }
  }

  PictureDataset {
    entries = List.copyOf(entries);
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public Item item(int index) {
    Entry entry = entries.get(index);
    Image image = ImageFile.decode(tree.read(entry.file), entry.file);
    return new Item(entry.file, new Content.Picture(image), entry.label.apply(image));
  }

  @Override
  public OptionalInt category(int index) {
    return entries.get(index).category;
  }

  @Override
  public void close() {
    tree.close();
  }
}
