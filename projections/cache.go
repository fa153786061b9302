package projections

// cache keeps the values used last, at least most of them and at most twice as many: when the young generation is full it
// becomes the old one, and what nobody asked for in the meantime goes.
type cache[K comparable, V any] struct {
	most       int
	young, old map[K]V
	all        bool // nothing was let go since the tables were empty: what is not here is not there either
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, young: map[K]V{}}
}

func (c *cache[K, V]) get(k K) (V, bool) {
	if v, ok := c.young[k]; ok {
		return v, true
	}
	v, ok := c.old[k]
	if ok {
		c.young[k] = v
	}
	return v, ok
}

func (c *cache[K, V]) put(k K, v V) { c.young[k] = v }

// age lets go of old values. It is called when all that is cached is also in the tables.
func (c *cache[K, V]) age() {
	if len(c.young) >= c.most {
		c.all = c.all && len(c.old) == 0
		c.old, c.young = c.young, make(map[K]V, c.most)
	}
}
