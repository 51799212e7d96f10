package portal

import "slices"

// Surface gives the patterns of all routes, as the router has them, so that tests
// attack each of them and none that comes later is forgotten.
func (s *Server) Surface() []string { return slices.Clone(s.surface) }

// Source is where a request is counted.
var Source = source
