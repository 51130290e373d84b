// Command independent checks a log that `vanne ledger publish` wrote, with none of Vanne's code.
//
//	go run main.go FOLDER VKEY [KEPT_CHECKPOINT...]
//	WITNESS=VKEY go run main.go FOLDER VKEY    and the witness has cosigned the checkpoint
//
// What decides is Go's own checksum-database client (golang.org/x/mod/sumdb): its `note` package
// opens the signed checkpoints, its TileHashReader authenticates every tile against the signed
// root, its proof code makes and checks inclusion and consistency. As a second opinion the
// proofs are checked again by transparency-dev/merkle, and the checkpoint is parsed by
// transparency-dev/formats. Ours is only the glue: where C2SP tlog-tiles puts the files, and how it
// frames the entries of a bundle.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/formats/log"
	cosigned "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // tlog-tiles: a tile is 256 hashes wide

// files reads the tiles of a folder for tlog.TileHashReader.
type files struct{ folder string }

func (f files) Height() int                                  { return height }
func (f files) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// read reads a tile, or a bundle (level -1), from where tlog-tiles puts it: the same name as in
// Go's checksum database without the height, and with "entries" for "data".
func (f files) read(tile tlog.Tile) ([]byte, error) {
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
	path = strings.Replace(path, "tile/data/", "tile/entries/", 1)
	return os.ReadFile(filepath.Join(f.folder, path))
}

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "REFUSED: %s: %v\n", what, err)
		os.Exit(1)
	}
}

// open opens a signed checkpoint with both readers and lets them agree.
func open(path string, verifier note.Verifier, witnesses ...note.Verifier) tlog.Tree {
	data, err := os.ReadFile(path)
	check(err, "checkpoint")
	signed, err := note.Open(data, note.VerifierList(append(witnesses, verifier)...))
	check(err, "signed note")
	if len(signed.Sigs) != len(witnesses)+1 {
		check(fmt.Errorf("%d signatures", len(signed.Sigs)), "witnesses")
	}
	checkpoint, _, _, err := log.ParseCheckpoint(data, verifier.Name(), verifier)
	check(err, "checkpoint")
	tree := tlog.Tree{N: int64(checkpoint.Size)}
	copy(tree.Hash[:], checkpoint.Hash)
	return tree
}

// entries reads the bundle that holds entry n of a tree.
func (f files) entries(number int64, size int64) [][]byte {
	width := min(size-number<<height, 1<<height)
	data, err := f.read(tlog.Tile{H: height, L: -1, N: number, W: int(width)})
	check(err, "bundle")
	var entries [][]byte
	for len(data) >= 2 {
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			break
		}
		entries, data = append(entries, data[2:2+length]), data[2+length:]
	}
	if len(data) > 0 || len(entries) != int(width) {
		check(fmt.Errorf("%d entries, %d bytes left", len(entries), len(data)), "bundle")
	}
	return entries
}

// included checks that an entry is in the tree, with both provers' checks.
func included(tree tlog.Tree, n int64, entry []byte, reader tlog.HashReader) {
	path, err := tlog.ProveRecord(tree.N, n, reader)
	check(err, "inclusion proof")
	check(tlog.CheckRecord(path, tree.N, tree.Hash, n, tlog.RecordHash(entry)), "inclusion")
	leaf := rfc6962.DefaultHasher.HashLeaf(entry)
	check(proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(n), uint64(tree.N), leaf,
		plain(path), tree.Hash[:]), "inclusion, second opinion")
}

// extends checks that the old tree is the beginning of the new one.
func extends(old, tree tlog.Tree, reader tlog.HashReader) {
	if old.N == 0 {
		return
	}
	path, err := tlog.ProveTree(tree.N, old.N, reader)
	check(err, "consistency proof")
	check(tlog.CheckTree(path, tree.N, tree.Hash, old.N, old.Hash), "consistency")
	check(proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old.N), uint64(tree.N),
		plain(path), old.Hash[:], tree.Hash[:]), "consistency, second opinion")
}

func plain(hashes []tlog.Hash) [][]byte {
	var all [][]byte
	for _, hash := range hashes {
		all = append(all, append([]byte(nil), hash[:]...))
	}
	return all
}

func main() {
	folder := files{os.Args[1]}
	verifier, err := note.NewVerifier(os.Args[2])
	check(err, "verifier key")
	tree := open(filepath.Join(folder.folder, "checkpoint"), verifier)
	if key := os.Getenv("WITNESS"); key != "" {
		witness, err := cosigned.NewVerifierForCosignatureV1(key)
		check(err, "witness key")
		open(filepath.Join(folder.folder, "checkpoint"), verifier, witness)
	}
	if tree.N == 0 {
		root := rfc6962.DefaultHasher.EmptyRoot()
		if string(root) != string(tree.Hash[:]) {
			check(fmt.Errorf("wrong"), "root of the empty tree")
		}
		fmt.Println("HOLDS: 0 entries")
		return
	}
	reader := tlog.TileHashReader(tree, folder)
	for first := int64(0); first < tree.N; first += 1 << height {
		entries := folder.entries(first>>height, tree.N)
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		hashes, err := reader.ReadHashes(indexes)
		check(err, "tiles")
		for i, entry := range entries {
			if tlog.RecordHash(entry) != hashes[i] {
				check(fmt.Errorf("entry %d is not the one in the tree", first+int64(i)), "bundle")
			}
		}
		last := len(entries) - 1
		included(tree, first, entries[0], reader)
		included(tree, first+int64(last), entries[last], reader)
	}
	for _, kept := range os.Args[3:] {
		extends(open(kept, verifier), tree, reader)
	}
	fmt.Printf("HOLDS: %d entries\n", tree.N)
}
