"""How well job offers and members are matched, on the demo network with known occupations."""
